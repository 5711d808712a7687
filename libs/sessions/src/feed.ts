import type { AllStreamResolvedEvent, AllStreamSubscription, Position } from '@eventstore/db-client';
import { END, eventTypeFilter, START, streamNameFilter } from '@eventstore/db-client';
import { subscribeFast } from './client/exact-read.ts';
import { isConnectionUnusable, NoAnswerError } from './client/errors.ts';
import { metastreamOf } from './deletion.ts';
import { openingOnly } from './event-metadata.ts';
import type { Received } from './inbox.ts';
import { isPosition } from './log-position.ts';
import type { EventStore } from './store.ts';

interface FeedOptions {
  /** Beginnings of stream names, as `session-0`. */
  readonly prefixes?: readonly string[];
  /** Instead of them: beginnings of event types; then the events of all sessions. */
  readonly types?: readonly string[];
  readonly after: bigint | 'start' | 'end';
  /** Which sealed fields will be opened, by default all. */
  readonly opens?: (field: string) => boolean;
}

/** Who receives what a subscription tells, in its order, and at last that it has ended. */
interface Receiver {
  receive(received: Received): void;
  end(failure?: { error: unknown }): void;
}

/** A server that has no room for another call on a connection says nothing. */
const confirmMs = 5_000;

/** One subscription of the event store's client, from its beginning to its end. */
export class Feed {
  private readonly subscription: AllStreamSubscription;
  private readonly release: () => void;
  /** What the client told of ahead of the events that its own buffer still held, each with their number. */
  private ahead: { events: number; readonly received: Received }[] = [];
  /** Up to where it has passed on everything. */
  private position = -1n;
  /** The place of the last checkpoint, when what is there is still to come. */
  private stillToCome: bigint | undefined;
  private readonly unconfirmed: NodeJS.Timeout;
  /** Ends the wait for a store that was silent. */
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
    const release = connection.hold();
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
    this.release = release;
    const fail = (error: unknown): void => {
      if (!this.ended && (isConnectionUnusable(error) || error instanceof NoAnswerError)) connection.retire();
      this.end({ error });
    };
    this.unconfirmed = setTimeout(() => fail(new NoAnswerError(confirmMs)), confirmMs);
    this.subscription.on('confirmation', () => clearTimeout(this.unconfirmed));
    // A connection that says nothing may be one that the server has forgotten: the client takes 13 s to notice.
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

  /** Nothing is received any more. */
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

  /** The client would pass an error that is thrown here to nobody, which ends the process. */
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

  /**
   * What is no position is not passed on. With a lower prepare position, what is at the commit position is still to come: it is
   * passed on once the server is beyond it.
   */
  private checkpoint({ commit, prepare }: Position): void {
    if (!isPosition(commit)) return;
    const before = this.stillToCome;
    this.stillToCome = prepare < commit ? commit : undefined;
    const position = prepare < commit ? before : commit;
    if (position !== undefined && position !== this.stillToCome)
      this.passInOrder({ kind: 'checkpoint', position });
  }

  /** Behind the events that arrived before. */
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
