import type { AllStreamResolvedEvent, AllStreamSubscription, Position } from '@eventstore/db-client';
import { END, eventTypeFilter, START, streamNameFilter } from '@eventstore/db-client';
import type { RecordedEvent } from '#domain';
import { backOffMs, jsonSize, sleep } from '#platform';
import { isConnectionUnusable, NoAnswerError } from './client/errors.ts';
import { isAccessStream } from './access-stream.ts';
import type { EventCodec, RawEvent, StoredEvent } from './codec.ts';
import { rawEvent } from './codec.ts';
import type { UnprojectableReason } from './errors.ts';
import { deletionOf, metastreamOf } from './deletion.ts';
import { PositionBeyondEndError, UnprojectableEventError } from './errors.ts';
import { checkWithinLog, isPosition } from './log-position.ts';
import type { EventStore } from './store.ts';
import { sessionOf } from './streams.ts';

/** What a subscription delivers, in the store's order. Positions are commit positions. */
export type Delivery =
  | {
      readonly kind: 'event';
      readonly session_id: string;
      readonly event: RecordedEvent;
      readonly position: bigint;
    }
  /** An event that cannot be decoded, in its place. The other sessions continue. */
  | {
      readonly kind: 'unprojectable';
      readonly session_id: string;
      readonly revision: number;
      readonly event_id: string;
      readonly type: string;
      readonly reason: UnprojectableReason;
      readonly position: bigint;
    }
  /** The events of a session with a revision below `before` are deleted. */
  | {
      readonly kind: 'deleted';
      readonly session_id: string;
      readonly before: number;
      readonly position: bigint;
    }
  /** An event of an access log, for who subscribes to those. */
  | { readonly kind: 'access'; readonly event: RawEvent; readonly position: bigint }
  | { readonly kind: 'checkpoint'; readonly position: bigint }
  /** Everything that the store had is delivered. It may fall behind later. */
  | { readonly kind: 'caught_up' }
  | { readonly kind: 'fell_behind' };

interface SubscribeOptions {
  /** Beginnings of stream names, as `session-0`. */
  readonly prefixes?: readonly string[];
  /** Instead of them: beginnings of event types; then the events of all sessions. */
  readonly types?: readonly string[];
  /** The position after which to begin. */
  readonly after: bigint | 'start' | 'end';
  /** Ends the subscription. */
  readonly signal: AbortSignal;
  /** Called at each interruption; the subscription then reconnects, with back-off. */
  readonly onInterruption?: (error: unknown) => void;
}

/** Deliveries that wait for a slow reader before the stream is paused, and at which it resumes. */
const highWater = { count: 1_024, bytes: 16 * 1_024 * 1_024 };
const lowWater = { count: 256, bytes: 4 * 1_024 * 1_024 };
const reconnects = { minMs: 50, maxMs: 1_000 };
/** A server that has no room for another call on a connection says nothing. */
const confirmMs = 5_000;

/**
 * The events of the sessions whose streams begin with the prefixes: first the stored ones, then new ones as they come.
 * @throws PositionBeyondEndError when the log ends before the position, at the start or after an interruption
 */
export async function* subscribeToSessions(
  store: EventStore,
  options: SubscribeOptions,
): AsyncGenerator<Delivery> {
  const { signal } = options;
  let after = options.after;
  let failures = 0;
  while (!signal.aborted) {
    try {
      for await (const delivery of subscribeOnce(store, { ...options, after })) {
        if ('position' in delivery) after = delivery.position;
        failures = 0;
        yield delivery;
      }
    } catch (error) {
      if (error instanceof PositionBeyondEndError) throw error;
      options.onInterruption?.(error);
    }
    failures += 1;
    await sleep(backOffMs(failures, reconnects), signal);
  }
}

async function* subscribeOnce(
  store: EventStore,
  { prefixes = [], types, after, signal }: SubscribeOptions,
): AsyncGenerator<Delivery> {
  if (typeof after === 'bigint') await checkWithinLog(store, after);
  if (signal.aborted) return;
  const connection = store.connectionForSubscription();
  const release = connection.hold();
  const inbox = new Inbox(store.codec);
  const checkpoints = {
    checkpointInterval: 8,
    checkpointReached: (_: AllStreamSubscription, { commit }: Position) => inbox.checkpoint(commit),
  };
  const names = prefixes.flatMap((name) => [name, metastreamOf(name)]);
  const subscription: AllStreamSubscription = connection.client.subscribeToAll({
    fromPosition: after === 'start' ? START : after === 'end' ? END : { commit: after, prepare: after },
    filter: types
      ? eventTypeFilter({ prefixes: [...types], ...checkpoints })
      : streamNameFilter({ prefixes: names, ...checkpoints }),
  });
  const stop = (): void => inbox.end();
  signal.addEventListener('abort', stop);
  inbox.listenTo(subscription);
  const unconfirmed = setTimeout(() => inbox.end({ error: new NoAnswerError(confirmMs) }), confirmMs);
  subscription.on('confirmation', () => clearTimeout(unconfirmed));
  // A connection that says nothing may be one that the server has forgotten: the client takes 13 s to notice.
  const forget = store.whenBack(() => inbox.end({ error: new NoAnswerError(confirmMs) }));
  try {
    yield* inbox.deliveries();
  } catch (error) {
    if (isConnectionUnusable(error) || error instanceof NoAnswerError) connection.retire();
    throw error;
  } finally {
    forget();
    clearTimeout(unconfirmed);
    signal.removeEventListener('abort', stop);
    subscription.on('error', () => undefined);
    subscription.unsubscribe().catch(() => undefined);
    subscription.destroy();
    release();
  }
}

interface Waiting {
  readonly delivery: Delivery;
  readonly bytes: number;
}

/** A bounded queue between a flowing subscription and a sequential reader. */
class Inbox {
  private waiting: Waiting[] = [];
  /** How many deliveries wait, those that are being read included, and how large they are. */
  private count = 0;
  private bytes = 0;
  /** What the client told of ahead of the events that its own buffer still held, each with their number. */
  private ahead: { events: number; readonly delivery: Delivery }[] = [];
  /** Resolves the wait for the next delivery. */
  private notify: (() => void) | undefined;
  private ended = false;
  private paused = false;
  private failure: { error: unknown } | undefined;
  private subscription: AllStreamSubscription | undefined;

  constructor(private readonly codec: EventCodec) {}

  listenTo(subscription: AllStreamSubscription): void {
    this.subscription = subscription;
    subscription.on('data', ({ event }) => this.receive(event));
    subscription.on('caughtUp', () => this.pushInOrder({ kind: 'caught_up' }));
    subscription.on('fellBehind', () => this.pushInOrder({ kind: 'fell_behind' }));
    subscription.on('error', (error) => this.end({ error }));
    subscription.on('end', () => this.end());
    subscription.on('close', () => this.end());
  }

  /** The client would pass an error that is thrown here to nobody, which ends the process. */
  private receive(event: AllStreamResolvedEvent['event']): void {
    try {
      if (event) this.push(toDelivery(this.codec, event, event.position.commit));
      this.pushFollowing();
    } catch (error) {
      this.end({ error });
    }
  }

  /** What is no position is not passed on. */
  checkpoint(position: bigint): void {
    if (isPosition(position)) this.pushInOrder({ kind: 'checkpoint', position });
  }

  end(failure?: { error: unknown }): void {
    this.failure ??= failure;
    this.ended = true;
    this.notify?.();
  }

  async *deliveries(): AsyncGenerator<Delivery> {
    for (;;) {
      const batch = this.waiting;
      this.waiting = [];
      for (const { delivery, bytes } of batch) {
        this.count -= 1;
        this.bytes -= bytes;
        if (this.count < lowWater.count && this.bytes < lowWater.bytes) this.resume();
        yield delivery;
      }
      if (this.waiting.length > 0) continue;
      if (this.failure) throw this.failure.error;
      if (this.ended) return;
      this.resume();
      await new Promise<void>((resolve) => {
        this.notify = resolve;
      });
    }
  }

  /** Behind the events that arrived before. */
  private pushInOrder(delivery: Delivery): void {
    const events = this.subscription?.readableLength ?? 0;
    if (events === 0) this.push(delivery);
    else this.ahead.push({ events, delivery });
  }

  /** One more event has left the client's buffer. */
  private pushFollowing(): void {
    for (const item of this.ahead) item.events -= 1;
    while (this.ahead[0]?.events === 0) {
      const next = this.ahead.shift();
      if (next) this.push(next.delivery);
    }
  }

  private push(delivery: Delivery): void {
    const bytes = delivery.kind === 'event' ? jsonSize(delivery.event.data) : 0;
    this.waiting.push({ delivery, bytes });
    this.count += 1;
    this.bytes += bytes;
    if ((this.count >= highWater.count || this.bytes >= highWater.bytes) && !this.paused) {
      this.paused = true;
      this.subscription?.pause();
    }
    this.notify?.();
  }

  private resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.subscription?.resume();
  }
}

/** An event of a session, or what a system event says of one. Any other event only moves the position. */
function toDelivery(codec: EventCodec, stored: StoredEvent, position: bigint): Delivery {
  const deletion = deletionOf(stored);
  if (deletion) return { kind: 'deleted', ...deletion, position };
  if (isAccessStream(stored.streamId)) return { kind: 'access', event: rawEvent(stored), position };
  const session_id = sessionOf(stored.streamId);
  if (session_id === undefined) return { kind: 'checkpoint', position };
  try {
    return { kind: 'event', session_id, event: codec.decode(stored), position };
  } catch (error) {
    if (!(error instanceof UnprojectableEventError)) throw error;
    const { revision, event_id, type, reason } = error;
    return { kind: 'unprojectable', session_id, revision, event_id, type, reason, position };
  }
}
