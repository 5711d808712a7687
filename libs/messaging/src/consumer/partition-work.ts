import type { EachBatchPayload } from 'kafkajs';
import { retry } from '../../../platform/src/async/retry.ts';
import { Semaphore } from '../../../platform/src/async/semaphore.ts';
import { NonRetryableError, textOf } from '../errors.ts';
import type { KafkaLog } from '../kafka.ts';
import type { BatchOptions, Received } from './process-batch.ts';
import { deadLetter, processBatch } from './process-batch.ts';
import type { Suspects } from './work-marker.ts';
import { deathsToSetAside, writeMarker } from './work-marker.ts';

export interface PartitionWorkOptions<T> extends BatchOptions<T> {
  /** Messages that are prepared together; the offset is committed after them. */
  readonly chunkSize: number;
  readonly log: KafkaLog;
}

/** Messages that are processed together, and how often a process died on them. */
interface Chunk {
  readonly messages: readonly [Received, ...Received[]];
  readonly deaths: number;
}

/** Retries of a commit by work in the background: the group may rebalance meanwhile. */
const commits = { attempts: 8, minMs: 100, maxMs: 2_000 };

/** Suspect messages are retried one at a time in the whole process: the next death identifies the message. */
const oneSuspect = new Semaphore(1);

/**
 * Processes one batch of a partition, chunk by chunk. An offset is committed only after the messages before it
 * are processed, together with the range in progress next: this identifies a message on which process after process dies,
 * which is then set aside.
 */
export class PartitionWork<T> {
  /** Why it ended early: a backing service is unavailable. */
  error: unknown;
  progressed = false;
  /** The offset of the first unprocessed message; undefined when all are processed. */
  next: string | undefined;
  /** The offsets after that one that are processed. */
  ahead: ReadonlySet<string>;
  /** Whether the consumer no longer waits for it. */
  private isAside = false;
  private readonly stopping = new AbortController();
  private isLost = false;
  private marked = false;

  constructor(
    private readonly options: PartitionWorkOptions<T>,
    private readonly payload: EachBatchPayload,
    private readonly member: string,
    /** What earlier work on the partition processed beyond its commit. */
    ahead: ReadonlySet<string> = new Set(),
  ) {
    this.ahead = ahead;
  }

  /** The consumer no longer waits for it: the work continues in the background. */
  goAside(): void {
    this.isAside = true;
  }

  /** Ends the work; processed messages are committed. */
  stop(): void {
    this.stopping.abort();
  }

  /** Ends the work on a partition that now belongs to another consumer, which commits. */
  lose(): void {
    this.isLost = true;
    this.stopping.abort();
  }

  /** @throws when an offset cannot be committed */
  async run(suspects: Suspects | undefined): Promise<void> {
    const { topic, partition, messages } = this.payload.batch;
    const received = messages.map((message): Received => ({ topic, partition, ...message }));
    const chunks = chunksOf(received, this.options.chunkSize, suspects);
    for (const [index, chunk] of chunks.entries()) {
      if (this.isOver()) return this.unmark(chunk);
      const isComplete =
        chunk.deaths > 0
          ? await oneSuspect.run(() => this.suspect(chunk))
          : await this.chunk(chunk, chunks[index + 1]);
      if (!isComplete) return;
    }
  }

  private isOver(): boolean {
    return !this.payload.isRunning() || this.payload.isStale() || this.stopping.signal.aborted;
  }

  private async suspect(chunk: Chunk): Promise<boolean> {
    if (this.isOver()) return false;
    const [message] = chunk.messages;
    if (chunk.deaths < deathsToSetAside) return this.chunk(chunk, undefined);
    await this.commit(message.offset, chunk);
    await this.setAside(message, chunk.deaths);
    this.resolve(message);
    await this.commit(after(message), undefined);
    return true;
  }

  /** A death while setting aside counts, too: the next time without the bytes, then without a dead letter. */
  private async setAside(message: Received, deaths: number): Promise<void> {
    const { topic, partition, offset } = message;
    this.options.log.error({ topic, partition, offset, deaths }, 'message set aside: processes died on it');
    if (deaths > deathsToSetAside + 1) return;
    const isWhole = deaths === deathsToSetAside;
    const sent = isWhole ? message : { ...message, key: null, value: null, headers: {} };
    const detail = `The process died ${deaths} times on it.${isWhole ? '' : ' Its bytes are at its place only.'}`;
    await deadLetter(sent, new NonRetryableError('process_died', detail), this.options);
  }

  /** Processes some messages and commits up to the first unprocessed one; false when some are left. */
  private async chunk(chunk: Chunk, following: Chunk | undefined): Promise<boolean> {
    const { messages } = chunk;
    if (!this.marked) await this.commit(messages[0].offset, chunk);
    const { signal } = this.stopping;
    const { done, error, ahead = [] } = await processBatch(messages, this.options, signal, this.ahead);
    this.ahead = new Set([...ahead, ...this.aheadOf(chunk)]);
    const last = messages[done - 1];
    const isComplete = done === messages.length;
    if (last !== undefined) {
      this.resolve(last);
      this.progressed = true;
    }
    const next = last === undefined ? messages[0].offset : after(last);
    await this.commit(next, isComplete && following?.deaths === 0 ? following : undefined);
    if (isComplete) return true;
    this.next = next;
    if (!this.stopping.signal.aborted) this.error = error ?? new Error('stopped');
    return false;
  }

  /** What is processed beyond a chunk: the retry may have fetched fewer messages than the first attempt. */
  private aheadOf({ messages }: Chunk): string[] {
    const { offset } = messages.at(-1) ?? messages[0];
    return [...this.ahead].filter((one) => BigInt(one) > BigInt(offset));
  }

  /** Clears the marker of a chunk: the process cannot die on messages that it has not started. */
  private async unmark({ messages: [first] }: Chunk): Promise<void> {
    if (this.marked) await this.commit(first.offset, undefined);
  }

  private resolve({ offset }: Received): void {
    if (!this.isLost) this.payload.resolveOffset(offset);
  }

  /** Commits that everything before an offset is done, and which messages are in progress from there on. */
  private async commit(offset: string, inWork: Chunk | undefined): Promise<void> {
    if (this.isLost) return;
    this.marked = inWork !== undefined;
    const { topic, partition } = this.payload.batch;
    const metadata = inWork === undefined ? '' : this.markerOf(inWork);
    const topics = [{ topic, partitions: [{ partition, offset, metadata }] }];
    const commit = (): Promise<void> =>
      this.isLost ? Promise.resolve() : this.payload.commitOffsetsIfNecessary({ topics });
    // The consumer must learn at once that its group rebalances, while work in the background just waits until that is over.
    const isRetryable = (): boolean => this.isAside;
    const onRetry = (error: unknown): void =>
      this.options.log.debug({ topic, partition, reason: textOf(error) }, 'offset not committed yet');
    await retry(commit, { ...commits, isRetryable, onRetry });
  }

  private markerOf({ messages, deaths }: Chunk): string {
    return writeMarker(BigInt((messages.at(-1) ?? messages[0]).offset), deaths, this.member);
  }
}

function after({ offset }: Received): string {
  return String(BigInt(offset) + 1n);
}

/** The messages in order; a message that may have killed a process is a chunk by itself. */
function chunksOf(messages: readonly Received[], chunkSize: number, suspects: Suspects | undefined): Chunk[] {
  const chunks: { messages: [Received, ...Received[]]; deaths: number }[] = [];
  for (const message of messages) {
    const offset = BigInt(message.offset);
    const isSuspect = suspects !== undefined && offset >= suspects.from && offset <= suspects.to;
    const last = chunks.at(-1);
    if (isSuspect) chunks.push({ messages: [message], deaths: suspects.deaths });
    else if (last?.deaths === 0 && last.messages.length < chunkSize) last.messages.push(message);
    else chunks.push({ messages: [message], deaths: 0 });
  }
  return chunks;
}
