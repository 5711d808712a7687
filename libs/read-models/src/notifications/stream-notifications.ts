import type { Redis } from 'ioredis';
import type { SessionEventType } from '#domain';
import { isUpdateFor } from '#domain';
import { publishVerb } from '#platform';
import type { Appended } from '#sessions';

/** Announces that a stream has grown by the events from `first` to `last`. */
export interface StreamNotification {
  readonly first: number;
  readonly last: number;
  /** None of them concerns the agent instance that owns the session. */
  readonly quiet: boolean;
}

/** Events that concern an owner whoever caused them: it no longer owns the session, or the session is over. */
const ownershipEvents: ReadonlySet<SessionEventType> = new Set([
  'AgentAttached',
  'AgentDetached',
  'SessionEnded',
  'SessionExpired',
  'SessionErased',
  'SessionMoved',
]);

/**
 * The Redis channel of a session's notifications; in a cluster, one in the session's slot. They carry no facts: those are
 * in the stream.
 */
export function notificationChannel(sessionId: string): string {
  return `wake:${sessionId}`;
}

/** The notification of consecutive events; undefined when there are none. */
export function notificationFor({ session, events }: Appended): StreamNotification | undefined {
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const { agent } = session.state;
  const quiet = !events.some((event) => ownershipEvents.has(event.type) || isUpdateFor(agent, event));
  return { first: first.revision, last: last.revision, quiet };
}

/** Publishes that sessions have grown. Neither awaited nor repeated: listeners also poll. */
export function publishNotifications(redis: Redis, appended: readonly Appended[]): void {
  const pipeline = redis.pipeline();
  const verb = publishVerb(redis);
  for (const item of appended) {
    const notification = notificationFor(item);
    if (notification)
      pipeline[verb](notificationChannel(item.session.session_id), formatNotification(notification));
  }
  if (pipeline.length > 0) pipeline.exec().catch(() => undefined);
}

/** Publishes a writer's events at once, if they concern the agent instance that owns the session. */
export function notifyOwner(redis: Redis, appended: Appended): void {
  if (notificationFor(appended)?.quiet === false) publishNotifications(redis, [appended]);
}

function formatNotification({ first, last, quiet }: StreamNotification): string {
  return `${first} ${last} ${quiet ? 1 : 0}`;
}

/** Parses the notification in a message. */
export function parseNotification(text: string): StreamNotification {
  const [first, last, quiet] = text.split(' ');
  return { first: Number(first), last: Number(last), quiet: quiet === '1' };
}
