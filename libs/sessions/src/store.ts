import type { Position } from '@eventstore/db-client';
import {
  BACKWARDS,
  END,
  jsonEvent,
  metastreamOf,
  StreamDeletedError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import type { OwnCell } from '#domain';
import { assertWanted, KeyedMutex, pageBytes } from '#platform';
import { AppendBudget } from './client/append-budget.ts';
import type { AppendOutcome } from './client/append-answer.ts';
import type { NewEvent } from './client/append-request.ts';
import { callLimits, Deadline, visibility } from './client/attempts.ts';
import type { BeginRead, PageOf } from './client/calls.ts';
import { Calls, exactLogPage, exactPage, logPage, streamPage } from './client/calls.ts';
import type { Connection } from './client/connection.ts';
import { Connections } from './client/connections.ts';
import type { ExactEvent } from './client/exact-read.ts';
import type { StoredEvent, StreamPage } from './client/page.ts';
import { isUpTo } from './client/page.ts';
import { eventOf } from './client/wire-event.ts';
import { EventCodec } from './codec.ts';

/** Which events of a stream a read returns. */
export interface ReadOptions {
  /** The first revision; 0 by default. */
  readonly from?: number;
  /** How many events at most. */
  readonly limit?: number;
  /** About how many bytes one call reads. */
  readonly stepBytes?: number;
  /** A revision that the stream has reached. A server may report an event some milliseconds before a read returns it. */
  readonly reaching?: number;
}

/** Events per read. */
const pageSize = 256;
/** The limits of one read of the whole log. */
const pageOfLog = { events: 4_096, bytes: 8 * 1_024 * 1_024 };
/** A stream that nobody writes. Reading the whole log would need rights that a user may lack. */
const pingStream = 'turnstream-ping';
const last = { direction: BACKWARDS, maxCount: 1, requiresLeader: true } as const;

/** The event store. Each call has its own deadline, within which it is retried, and fails alone. */
export class EventStore {
  private readonly connections: Connections;
  private readonly calls: Calls;
  private readonly flights = new KeyedMutex();
  /** Ends its reads when it aborts; undefined: nothing does. */
  readonly signal?: AbortSignal;

  /**
   * @param url connection string, such as `esdb://127.0.0.1:2113?tls=false`
   * @param codec turns stored events into domain events and back
   * @param budget bounds the bytes of the appends in flight
   */
  constructor(
    readonly url: string,
    readonly codec: EventCodec = new EventCodec(),
    private readonly limits = callLimits,
    private readonly budget = new AppendBudget(),
    /** The cell that the store belongs to; undefined: there are no cells. */
    readonly cell?: OwnCell,
  ) {
    this.connections = new Connections(url, limits.answerMs / 2);
    this.calls = new Calls(this.connections, limits);
    codec.follow(this);
  }

  /** How many connections are open, how many calls are in flight on them, and how many the client holds. */
  get counts(): Connections['counts'] {
    return this.connections.counts;
  }

  /** The bytes of the appends in flight. */
  get appendBytes(): number {
    return this.budget.used;
  }

  /** The same store, whose reads end with AbandonedError before their next event when the signal aborts. */
  until(signal: AbortSignal | undefined): EventStore {
    return signal ? (Object.create(this, { signal: { value: signal } }) as EventStore) : this;
  }

  /** A connection for a subscription, which must `hold` it. */
  connectionForSubscription(): Connection {
    return this.connections.forSubscription();
  }

  /** Calls a listener when the store answers again after it was unresponsive. Returns a function that removes it. */
  whenBack(listener: () => void): () => void {
    return this.calls.whenBack(listener);
  }

  /**
   * Appends events on top of a revision (-1: the stream must not exist yet), all or none. Appends to one stream run in
   * sequence: a server lets one of two concurrent equal ones run into its deadline.
   * @throws StoreUnavailableError when the store does not answer in time; the events may be recorded
   * @throws StoreOverloadedError when the limit of bytes in flight is reached; AppendTooLargeError; the events are not recorded
   */
  append(stream: string, events: readonly NewEvent[], expected: number): Promise<AppendOutcome> {
    return this.budget.run(events, () => {
      const deadline = new Deadline(this.limits);
      return this.flights.run(stream, () => this.calls.append(deadline, stream, events, expected));
    });
  }

  /** Limits a stream to its last `maxCount` events. @throws StoreUnavailableError */
  async limitStream(stream: string, maxCount: number): Promise<void> {
    await this.changeMetadata(stream, { $maxCount: maxCount });
  }

  /** Truncates a stream before a revision; the store's next scavenge frees the space. @throws StoreUnavailableError */
  async truncateStream(stream: string, before: number): Promise<void> {
    await this.changeMetadata(stream, { $tb: before });
  }

  /**
   * Soft-deletes a stream: it can start again after its last revision.
   * @param at the revision that it must be at; undefined: any
   * @returns false when it is at another revision: nothing is deleted
   * @throws StoreUnavailableError
   */
  async deleteStream(stream: string, at?: number): Promise<boolean> {
    return this.calls.single(async (client) => {
      try {
        await client.deleteStream(stream, at === undefined ? {} : { expectedRevision: BigInt(at) });
      } catch (error) {
        if (error instanceof WrongExpectedVersionError) return false;
        if (!(error instanceof StreamDeletedError)) throw error;
      }
      return true;
    });
  }

  /**
   * Most streams have no metadata yet. The client's own appends, which metadata uses, share one list in a process: when one
   * connection breaks, the next answer on another throws an error that nobody can catch.
   */
  private async changeMetadata(stream: string, change: Readonly<Record<string, number>>): Promise<void> {
    const metastream = metastreamOf(stream);
    let last: StoredEvent | undefined;
    for (;;) {
      const event = jsonEvent({ type: '$metadata', data: { ...(last?.data as object), ...change } });
      const outcome = await this.append(metastream, [event], Number(last?.revision ?? -1));
      if (outcome.appended) return;
      last = await this.readLast(metastream, outcome.revision);
    }
  }

  /** Whether a stream that reads as empty had events that were deleted. @throws StoreUnavailableError */
  async wasDeleted(stream: string): Promise<boolean> {
    try {
      const { metadata } = await this.calls.single((client) => client.getStreamMetadata(stream));
      return metadata?.truncateBefore !== undefined;
    } catch (error) {
      if (error instanceof StreamDeletedError) return true;
      throw error;
    }
  }

  /**
   * The events of a stream; none when there is no such stream. No call is open between its pages, so a slow consumer
   * holds none.
   * @throws StoreUnavailableError
   */
  read(stream: string, options: ReadOptions = {}): AsyncGenerator<StoredEvent> {
    return this.readPages(streamPage, stream, options);
  }

  /** As `read`, each event with its exact bytes. @throws StoreUnavailableError */
  readExact(stream: string, options: ReadOptions = {}): AsyncGenerator<ExactEvent> {
    return this.readPages(exactPage, stream, options);
  }

  /**
   * The events of all streams in log order, after a position (undefined: from the first event) up to another one.
   * @throws StoreUnavailableError
   */
  async *readLog(after: bigint | undefined, upTo: bigint): AsyncGenerator<ExactEvent> {
    let from = after;
    let awaitVisible: ReturnType<typeof visibility> | undefined;
    for (;;) {
      const { events } = await this.calls.part(exactLogPage(from, pageSize), pageBytes, isUpTo(from));
      for (const event of events) {
        if ((event.position?.commit ?? 0n) > upTo) return;
        yield event;
      }
      from = events.at(-1)?.position?.commit ?? from;
      awaitVisible =
        events.length > 0 ? undefined : (awaitVisible ?? visibility(this.limits, 'the log', Number(upTo)));
      if (await awaitVisible?.(Number(from ?? 0n))) return;
    }
  }

  private async *readPages<E extends StoredEvent>(
    page: PageOf<E>,
    stream: string,
    { from = 0, limit = Infinity, stepBytes = pageBytes, reaching = -1 }: ReadOptions,
  ): AsyncGenerator<E> {
    const awaitVisible = visibility(this.limits, stream, reaching);
    let next = from;
    let step = pageSize;
    for (let left = limit; left > 0;) {
      const count = Math.min(left, step);
      const { events, isCut } = await this.part(page(stream, next, count), stepBytes);
      yield* this.wanted(events);
      left -= events.length;
      next = Number(events.at(-1)?.revision ?? next - 1) + 1;
      // After large events the next call asks for as many as fit, so that it need not be cut.
      step = isCut ? events.length : Math.min(pageSize, 2 * step);
      if (!isCut && events.length < count && (await awaitVisible(next - 1))) return;
    }
  }

  /** As `read`, from a revision (the last by default) back to the first. @throws StoreUnavailableError */
  async *readBackwards(
    stream: string,
    { from, limit = Infinity, stepBytes = pageBytes }: Omit<ReadOptions, 'reaching'> = {},
  ): AsyncGenerator<StoredEvent> {
    let next = from;
    let step = pageSize;
    for (let left = limit; left > 0;) {
      const count = Math.min(left, step);
      const begin = streamPage(stream, next ?? END, count, BACKWARDS);
      const { events, isCut } = await this.part(begin, stepBytes);
      yield* this.wanted(events);
      left -= events.length;
      const first = Number(events.at(-1)?.revision ?? 0);
      if (first === 0 || (!isCut && events.length < count)) return;
      next = first - 1;
      step = isCut ? events.length : Math.min(pageSize, 2 * step);
    }
  }

  /** The last event of a stream; `reaching`: a revision that the stream has reached. */
  async readLast(stream: string, reaching = -1): Promise<StoredEvent | undefined> {
    const awaitVisible = visibility(this.limits, stream, reaching);
    for (;;) {
      const [event] = await this.calls.page((client) =>
        client.readStream(stream, { ...last, fromRevision: END }),
      );
      if (await awaitVisible(Number(event?.revision ?? -1))) return event;
    }
  }

  /** Resolves when the store answers a read; throws StoreUnavailableError otherwise. */
  async ping(): Promise<void> {
    await this.readLast(pingStream);
  }

  /**
   * A page of the whole log, with the events of all streams, after a position; undefined: from the start. Empty at the end. `eventOf`
   * decodes an answer.
   * @throws StoreUnavailableError
   */
  async readLogPage(after: bigint | undefined): Promise<Buffer[]> {
    const [begin, isKnown] = [logPage(after, pageOfLog.events), isUpTo(after)];
    const page = await this.calls.part(begin, pageOfLog.bytes, (answer) => isKnown(eventOf(answer)));
    return page.events;
  }

  /** The position of the last event in the store. */
  async head(): Promise<bigint> {
    const [event] = await this.calls.page((client) => client.readAll({ ...last, fromPosition: END }));
    return event?.position?.commit ?? 0n;
  }

  /** The position of the last event stored before a time; 0: none. */
  async positionBefore(time: Date): Promise<bigint> {
    let from: typeof END | Position = END;
    for (;;) {
      const backwards = { ...last, fromPosition: from, maxCount: pageSize };
      const page = await this.calls.page((client) => client.readAll(backwards));
      const found = page.find(({ created }) => created < time) ?? page.at(-1);
      if (found === undefined || found.created < time) return found?.position?.commit ?? 0n;
      from = found.position ?? END;
    }
  }

  private part<E extends StoredEvent>(begin: BeginRead<E>, maxBytes: number): Promise<StreamPage<E>> {
    assertWanted(this.signal);
    return this.calls.part(begin, maxBytes);
  }

  private *wanted<E>(events: readonly E[]): Generator<E> {
    for (const event of events) {
      assertWanted(this.signal);
      yield event;
    }
  }

  /** Closes the connections; calls in flight fail. */
  async dispose(): Promise<void> {
    await this.connections.dispose();
  }
}
