import type { AllStreamResolvedEvent, AllStreamSubscription, Position } from '@eventstore/db-client';
import { END, eventTypeFilter, START, streamNameFilter } from '@eventstore/db-client';
import { backOffMs, jsonSize, sleep } from '#platform';
import { KeyStoreUnavailableError } from '#privacy';
import { isConnectionUnusable, NoAnswerError } from './client/errors.ts';
import type { EventCodec, StoredEvent } from './codec.ts';
import { metastreamOf } from './deletion.ts';
import type { Delivery } from './delivery.ts';
import { toDelivery } from './delivery.ts';
import { PositionBeyondEndError } from './errors.ts';
import { openingOnly } from './event-metadata.ts';
import { checkWithinLog, isPosition } from './log-position.ts';
import type { EventStore } from './store.ts';

export type { Delivery };

interface SubscribeOptions {
  /** Beginnings of stream names, as `session-0`. */
  readonly prefixes?: readonly string[];
  /** Instead of them: beginnings of event types; then the events of all sessions. */
  readonly types?: readonly string[];
  /** The position after which to begin. */
  readonly after: bigint | 'start' | 'end';
  /** Which sealed fields are opened, by default all; the others stay as they are stored. */
  readonly opens?: (field: string) => boolean;
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
      if (!signal.aborted) options.onInterruption?.(error);
    }
    failures += 1;
    await sleep(backOffMs(failures, reconnects), signal);
  }
}

async function* subscribeOnce(
  store: EventStore,
  { prefixes = [], types, after, opens, signal }: SubscribeOptions,
): AsyncGenerator<Delivery> {
  if (typeof after === 'bigint') await checkWithinLog(store, after);
  if (signal.aborted) return;
  const connection = store.connectionForSubscription();
  const release = connection.hold();
  const inbox = new Inbox(store.codec, opens);
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

/** What was received: a delivery, or an event that becomes one when it is read. */
type Received =
  | Delivery
  | { readonly kind: 'stored'; readonly stored: StoredEvent; readonly position: bigint };

interface Waiting {
  readonly received: Received;
  readonly bytes: number;
}

/** A bounded queue between a flowing subscription and a sequential reader, which decodes: keys may have to be waited for. */
class Inbox {
  private waiting: Waiting[] = [];
  /** How many deliveries wait, those that are being read included, and how large they are. */
  private count = 0;
  private bytes = 0;
  /** What the client told of ahead of the events that its own buffer still held, each with their number. */
  private ahead: { events: number; readonly received: Received }[] = [];
  /** Resolves the wait for the next delivery. */
  private notify: (() => void) | undefined;
  private ended = false;
  private paused = false;
  private failure: { error: unknown } | undefined;
  private subscription: AllStreamSubscription | undefined;

  /** Whether the reader was told that everything is delivered, and whether it is to be told again. */
  private caughtUp = false;
  private owesCaughtUp = false;

  constructor(
    private readonly codec: EventCodec,
    private readonly opens: SubscribeOptions['opens'],
  ) {}

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
      if (event) {
        const stored = this.opens ? openingOnly(event, this.opens) : event;
        this.push({ kind: 'stored', stored, position: event.position.commit });
      }
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
      await this.codec.prefetch(
        batch.flatMap(({ received }) => ('stored' in received ? received.stored : [])),
      );
      for (const { received, bytes } of batch) {
        this.count -= 1;
        this.bytes -= bytes;
        if (this.count < lowWater.count && this.bytes < lowWater.bytes) this.resume();
        if (received.kind === 'stored') yield* this.decoded(received.stored, received.position);
        else yield this.noted(received);
      }
      if (this.waiting.length > 0) continue;
      if (this.owesCaughtUp) {
        this.owesCaughtUp = false;
        yield { kind: 'caught_up' };
      }
      if (this.failure) throw this.failure.error;
      if (this.ended) return;
      this.resume();
      await new Promise<void>((resolve) => {
        this.notify = resolve;
      });
    }
  }

  /** An event in its place: while its key cannot be had, it is waited for, and the reader has fallen behind. */
  private async *decoded(stored: StoredEvent, position: bigint): AsyncGenerator<Delivery> {
    for (let failures = 0; ; failures += 1) {
      try {
        const delivery = toDelivery(this.codec, stored, position);
        yield delivery instanceof Promise ? await delivery : delivery;
        return;
      } catch (error) {
        if (!(error instanceof KeyStoreUnavailableError)) throw error;
        // The event is read again, by the next connection.
        if (this.ended) throw this.failure?.error ?? error;
        if (failures === 0 && this.caughtUp) {
          this.owesCaughtUp = true;
          yield { kind: 'fell_behind' };
        }
        await sleep(backOffMs(failures + 1, reconnects));
      }
    }
  }

  /** What the server says last of where the reader is, is so. */
  private noted(delivery: Delivery): Delivery {
    if (delivery.kind === 'caught_up') this.caughtUp = true;
    if (delivery.kind === 'fell_behind') this.caughtUp = false;
    if (delivery.kind === 'caught_up' || delivery.kind === 'fell_behind') this.owesCaughtUp = false;
    return delivery;
  }

  /** Behind the events that arrived before. */
  private pushInOrder(delivery: Delivery): void {
    const events = this.subscription?.readableLength ?? 0;
    if (events === 0) this.push(delivery);
    else this.ahead.push({ events, received: delivery });
  }

  /** One more event has left the client's buffer. */
  private pushFollowing(): void {
    for (const item of this.ahead) item.events -= 1;
    while (this.ahead[0]?.events === 0) {
      const next = this.ahead.shift();
      if (next) this.push(next.received);
    }
  }

  private push(received: Received): void {
    const bytes = received.kind === 'stored' ? jsonSize(received.stored.data) : 0;
    this.waiting.push({ received, bytes });
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
