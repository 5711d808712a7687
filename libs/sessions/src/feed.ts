import type { AllStreamResolvedEvent, AllStreamSubscription, Position } from '@eventstore/db-client';
import { END, eventTypeFilter, START, streamNameFilter } from '@eventstore/db-client';
import { subscribeFast } from './client/exact-read.ts';
import { isConnectionUnusable, NoAnswerError } from './client/errors.ts';
import { metastreamOf } from './deletion.ts';
import { openingOnly } from './event-metadata.ts';
import type { Received } from './inbox.ts';
import { isPassed, isPosition } from './log-position.ts';
import type { EventStore } from './store.ts';

interface FeedOptions {
  /** Prefixes of stream names, such as `session-0`. */
  readonly prefixes?: readonly string[];
  /** Prefixes of event types, instead of stream names; then the events of all sessions. */
  readonly types?: readonly string[];
  readonly after: bigint | 'start' | 'end';
  /** Which sealed fields will be opened; all by default. */
  readonly opens?: (field: string) => boolean;
}

/** Receives everything that a subscription reports, in its order, and finally its end. */
interface Receiver {
  receive(received: Received): void;
  end(failure?: { error: unknown }): void;
}

/** How long to wait for the confirmation. A server at its limit of calls per connection never confirms a subscription. */
const confirmMs = 5_000;

/** One subscription of the event store's client, from its beginning to its end. */
export class Feed {
  private readonly subscription: AllStreamSubscription;
  private readonly release: () => void;
  /** Reports of the client that overtook events still in its buffer, each with the number of those events. */
  private ahead: { events: number; readonly received: Received }[] = [];
  /** The position up to which everything is passed on. */
  private position = -1n;
  /** The position of the last checkpoint whose own event is yet to come. */
  private stillToCome: bigint | undefined;
  private readonly unconfirmed: NodeJS.Timeout;
  /** Stops waiting for an unresponsive store to answer again. */
  private readonly forget: () => void;
  private paused = false;
  private ended = false;

  constructor(
    store: EventStore,
    private readonly options: FeedOptions,
    private readonly receiver: Receiver,
  ) {
    const { prefixes = [], types, after } = options;
    const connection = store.connectionForSubscription();
    this.release = connection.hold();
    const checkpoints = {
      checkpointInterval: 8,
      checkpointReached: (_: AllStreamSubscription, position: Position) => this.checkpoint(position),
    };
    const names = prefixes.flatMap((name) => [name, metastreamOf(name)]);
    this.subscription = subscribeFast(connection.client, {
      fromPosition: after === 'start' ? START : after === 'end' ? END : { commit: after, prepare: after },
      filter: types
        ? eventTypeFilter({ prefixes: [...types], ...checkpoints })
        : streamNameFilter({ prefixes: names, ...checkpoints }),
    });
    const fail = (error: unknown): void => {
      if (!this.ended && (isConnectionUnusable(error) || error instanceof NoAnswerError)) connection.retire();
      this.end({ error });
    };
    this.unconfirmed = setTimeout(() => fail(new NoAnswerError(confirmMs)), confirmMs);
    this.subscription.on('confirmation', () => clearTimeout(this.unconfirmed));
    // The server may have forgotten a silent connection: the client takes 13 s to notice.
    this.forget = store.whenBack(() => fail(new NoAnswerError(confirmMs)));
    this.subscription.on('data', ({ event }) => this.receive(event));
    this.subscription.on('caughtUp', () => this.passInOrder({ kind: 'caught_up' }));
    this.subscription.on('fellBehind', () => this.passInOrder({ kind: 'fell_behind' }));
    this.subscription.on('error', fail);
    this.subscription.on('end', () => this.end());
    this.subscription.on('close', () => this.end());
  }

  pause(): void {
    if (this.paused || this.ended) return;
    this.paused = true;
    this.subscription.pause();
  }

  resume(): void {
    if (!this.paused || this.ended) return;
    this.paused = false;
    this.subscription.resume();
  }

  /** Ends the subscription: nothing more is received. */
  stop(): void {
    if (this.ended) return;
    this.ended = true;
    this.forget();
    clearTimeout(this.unconfirmed);
    this.subscription.on('error', () => undefined);
    this.subscription.unsubscribe().catch(() => undefined);
    this.subscription.destroy();
    this.release();
  }

  private end(failure?: { error: unknown }): void {
    if (this.ended) return;
    this.stop();
    this.receiver.end(failure);
  }

  /** Catches errors: the client would not pass them to anyone, and the process would end. */
  private receive(event: AllStreamResolvedEvent['event']): void {
    try {
      const { opens } = this.options;
      if (event) {
        const stored = opens ? openingOnly(event, opens) : event;
        this.pass({ kind: 'stored', stored, position: event.position.commit });
      }
      for (const item of this.ahead) item.events -= 1;
      while (this.ahead[0]?.events === 0) {
        const next = this.ahead.shift();
        if (next) this.pass(next.received);
      }
    } catch (error) {
      this.end({ error });
    }
  }

  /** Passes on valid positions only; one whose event is yet to come once the server is beyond it. */
  private checkpoint(reached: Position): void {
    const { commit } = reached;
    if (!isPosition(commit)) return;
    const before = this.stillToCome;
    this.stillToCome = isPassed(reached) ? undefined : commit;
    const position = this.stillToCome === undefined ? commit : before;
    if (position !== undefined && position !== this.stillToCome)
      this.passInOrder({ kind: 'checkpoint', position });
  }

  /** Keeps the order: passed on after the events that arrived earlier. */
  private passInOrder(received: Received): void {
    const events = this.subscription.readableLength;
    if (events === 0) this.pass(received);
    else this.ahead.push({ events, received });
  }

  private pass(received: Received): void {
    if (this.ended) return;
    if ('position' in received) {
      if (received.kind === 'checkpoint' && received.position < this.position) return;
      this.position = received.position;
    }
    this.receiver.receive(received);
  }
}
