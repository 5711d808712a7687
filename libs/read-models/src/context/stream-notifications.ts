import type { Redis } from 'ioredis';
import type { RecordedEvent, Session } from '#domain';
import { isUpdateFor } from '#domain';

/** Says that a stream has grown: by the events from `first` to `last`. */
export interface StreamNotification {
  readonly first: number;
  readonly last: number;
  /** None of them concerns the agent instance that holds the session. */
  readonly quiet: boolean;
}

/** What a session has become, and the events that made it so. */
export interface Grown {
  readonly session: Session;
  readonly events: readonly RecordedEvent[];
}

/** The channel on which a session's growth is told. Such a message only wakes: what happened is in the stream. */
export function notificationChannel(sessionId: string): string {
  return `wake:${sessionId}`;
}

/** The wake for some events in a row; undefined when there are none. */
export function notificationFor({ session, events }: Grown): StreamNotification | undefined {
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const quiet = !events.some((event) => isNews(event) || isUpdateFor(session.state.agent, event));
  return { first: first.revision, last: last.revision, quiet };
}

/** What a holder must hear of whoever did it: it holds the session no more, or the session is over. */
function isNews({ type }: RecordedEvent): boolean {
  return (
    type === 'AgentAttached' ||
    type === 'AgentDetached' ||
    type === 'SessionEnded' ||
    type === 'SessionExpired'
  );
}

/** Tells of sessions that have grown. Not awaited and not repeated: who misses it looks again by itself. */
export function publishNotifications(redis: Redis, grown: readonly Grown[]): void {
  const pipeline = redis.pipeline();
  for (const item of grown) {
    const wake = notificationFor(item);
    if (wake) pipeline.publish(notificationChannel(item.session.session_id), formatNotification(wake));
  }
  if (pipeline.length > 0) pipeline.exec().catch(() => undefined);
}

/** What a writer tells at once of what it has appended, for the agent instance that holds the session, if that concerns it. */
export function notifyOwner(redis: Redis, grown: Grown): void {
  if (notificationFor(grown)?.quiet === false) publishNotifications(redis, [grown]);
}

function formatNotification({ first, last, quiet }: StreamNotification): string {
  return `${first} ${last} ${quiet ? 1 : 0}`;
}

export function parseNotification(text: string): StreamNotification {
  const [first, last, quiet] = text.split(' ');
  return { first: Number(first), last: Number(last), quiet: quiet === '1' };
}
