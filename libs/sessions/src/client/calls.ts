import type { Direction, EventStoreDBClient, ReadRevision } from '@eventstore/db-client';
import { BACKWARDS, END, FORWARDS } from '@eventstore/db-client';
import { Breaker, BudgetExceededError, Semaphore, withTimeout } from '#platform';
import type { AppendOutcome } from './append-answer.ts';
import type { NewEvent } from './append-request.ts';
import type { CallLimits } from './attempts.ts';
import { Deadline, untilAnswered } from './attempts.ts';
import type { Connections } from './connections.ts';
import { NoAnswerError, StoreSilentError, StoreUnavailableError } from './errors.ts';
import type { ExactEvent } from './exact-read.ts';
import { readExactly, readLogAnswers, readLogExactly } from './exact-read.ts';
import type { Reading, StoredEvent, StreamPage, Take } from './page.ts';
import { readingOf, readPage } from './page.ts';

/** Starts a bounded read on a client. */
export type BeginRead<E = StoredEvent> = (client: EventStoreDBClient, take: Take<E>) => Reading;

/** Starts a read of a part of a stream. */
export type PageOf<E extends StoredEvent> = (stream: string, from: number, maxCount: number) => BeginRead<E>;

/** Reads in flight; a server allows 100 calls on a connection. */
const readsAtOnce = 64;

/** Starts a read of a part of a stream. The leader of a cluster answers it, since a follower may lag. */
export function streamPage(
  stream: string,
  from: number | typeof END,
  maxCount: number,
  direction: Direction = FORWARDS,
): BeginRead {
  const fromRevision: ReadRevision = from === END ? END : BigInt(from);
  const options = { direction, fromRevision, maxCount, requiresLeader: true };
  return (client, take) => readingOf(client.readStream(stream, options), take);
}

/** As `streamPage`, with the bytes of each event. */
export function exactPage(stream: string, from: number, maxCount: number): BeginRead<ExactEvent> {
  return (client, take) => readingOf(readExactly(client, stream, from, maxCount), take);
}

/** Starts a read of a part of the whole log, with the bytes of each event. */
export function exactLogPage(from: bigint | undefined, maxCount: number): BeginRead<ExactEvent> {
  return (client, take) => readingOf(readLogExactly(client, from, maxCount), take);
}

/** Starts a read of a part of the whole log, whose answers are not decoded. */
export function logPage(from: bigint | undefined, maxCount: number): BeginRead<Buffer> {
  return (client, take) => readLogAnswers(client, from, maxCount, take);
}

/** Pause before an unresponsive store is called again, in milliseconds. */
const silentMs = 1_000;

/**
 * Appends and reads, each retried within its deadline while the store is unavailable. After a call during which the
 * store answered nothing, further calls fail at once, except for one probe a second.
 */
export class Calls {
  private readonly reads = new Semaphore(readsAtOnce);
  private readonly breaker = new Breaker({
    retryMs: silentMs,
    isFailure: (error) => error instanceof StoreSilentError,
  });
  private readonly listeners = new Set<() => void>();
  private silent = false;

  constructor(
    private readonly connections: Connections,
    private readonly limits: CallLimits,
  ) {}

  /** @throws StoreUnavailableError */
  async page(begin: (client: EventStoreDBClient) => Parameters<typeof readingOf>[0]): Promise<StoredEvent[]> {
    return (await this.part<StoredEvent>((client, take) => readingOf(begin(client), take), Infinity)).events;
  }

  /** As `page`, but the read ends after about that many bytes, and skips the first events that are known. @throws StoreUnavailableError */
  part<E>(begin: BeginRead<E>, maxBytes: number, isKnown?: (event: E) => boolean): Promise<StreamPage<E>> {
    const deadline = new Deadline(this.limits);
    return this.unlessSilent(() =>
      deadline.bound(untilAnswered(deadline, () => this.partOnce(deadline, begin, maxBytes, isKnown))),
    );
  }

  /** @throws StoreUnavailableError: the events may be recorded */
  append(
    deadline: Deadline,
    stream: string,
    events: readonly NewEvent[],
    expected: number,
  ): Promise<AppendOutcome> {
    let sent = false;
    const attempt = async (): Promise<AppendOutcome> => {
      const known = sent ? await this.findOutcome(deadline, stream, events, expected) : undefined;
      sent = true;
      return known ?? this.appendOnce(deadline, stream, events, expected);
    };
    return this.unlessSilent(() => untilAnswered(deadline, attempt));
  }

  /** A unary call of the client that appends nothing. @throws StoreUnavailableError */
  single<T>(call: (client: EventStoreDBClient) => Promise<T>): Promise<T> {
    const deadline = new Deadline(this.limits);
    const attempt = (): Promise<T> => {
      const ms = deadline.attemptMs;
      return this.connections.use('reads', ({ client }) =>
        withTimeout(call(client), ms, () => new NoAnswerError(ms)),
      );
    };
    return this.unlessSilent(() => untilAnswered(deadline, attempt));
  }

  /**
   * Calls a listener when the store answers again after it was unresponsive.
   * @returns a function that removes the listener
   */
  whenBack(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async unlessSilent<T>(call: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      const result = await this.breaker.run(() => call().catch((error: unknown) => this.fail(error, began)));
      this.answered();
      return result;
    } catch (error) {
      if (error instanceof BudgetExceededError) throw new StoreUnavailableError({ cause: error });
      throw error;
    }
  }

  private fail(error: unknown, began: number): never {
    const isSilent = error instanceof StoreUnavailableError && !this.connections.hasAnsweredSince(began);
    if (!isSilent) throw error;
    this.silent = true;
    throw new StoreSilentError({ cause: error.cause });
  }

  private answered(): void {
    if (!this.silent) return;
    this.silent = false;
    for (const listener of this.listeners) listener();
  }

  private appendOnce(
    deadline: Deadline,
    stream: string,
    events: readonly NewEvent[],
    expected: number,
  ): Promise<AppendOutcome> {
    return this.connections.use('appends', (connection) =>
      connection.append(stream, events, expected, deadline.attemptMs),
    );
  }

  /**
   * The outcome of an append that was sent and not answered, by the event at its place in the stream; undefined: nothing there
   * yet. A server lets a repeated append run into its deadline while the first one is in flight.
   */
  private async findOutcome(
    deadline: Deadline,
    stream: string,
    events: readonly NewEvent[],
    expected: number,
  ): Promise<AppendOutcome | undefined> {
    const {
      events: [found],
    } = await this.partOnce(deadline, streamPage(stream, expected + 1, 1), Infinity);
    if (found === undefined) return undefined;
    // A deleted stream continues after its old revisions.
    if (found.id === events[0]?.id)
      return { appended: true, revision: Number(found.revision) + events.length - 1 };
    const {
      events: [last = found],
    } = await this.partOnce(deadline, streamPage(stream, END, 1, BACKWARDS), Infinity);
    return { appended: false, revision: Number(last.revision) };
  }

  private partOnce<E>(
    deadline: Deadline,
    begin: BeginRead<E>,
    maxBytes: number,
    isKnown?: (event: E) => boolean,
  ): Promise<StreamPage<E>> {
    return this.reads.run(async () => {
      deadline.check();
      return this.connections.use('reads', (connection) =>
        readPage(connection, deadline.attemptMs, (take) => begin(connection.client, take), maxBytes, isKnown),
      );
    });
  }
}
