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
  /** Messages that are prepared together, and after which the offset is committed. */
  readonly chunkSize: number;
  readonly log: KafkaLog;
}

/** Messages that are worked on together, and how often a process died on them. */
interface Chunk {
  readonly messages: readonly [Received, ...Received[]];
  readonly deaths: number;
}

/** How often an offset is committed by work that goes on aside: meanwhile the group may rebalance. */
const commits = { attempts: 8, minMs: 100, maxMs: 2_000 };

/** What processes died on is tried one message at a time in the whole process: the next death tells which one it is. */
const oneSuspect = new Semaphore(1);

/**
 * The work on one batch of a partition, a chunk after the other. An offset is committed only after the messages before it
 * have had their effects, together with what is in work next: a message that process after process dies on is found so,
 * and is set aside.
 */
export class PartitionWork<T> {
  /** Why it ended early: a backing service is unavailable. */
  error: unknown;
  progressed = false;
  /** Whether the consumer does not wait for it any more. */
  goesAside = false;
  private readonly stopping = new AbortController();
  private isLost = false;
  private marked = false;

  constructor(
    private readonly options: PartitionWorkOptions<T>,
    private readonly payload: EachBatchPayload,
    private readonly member: string,
  ) {}

  /** The offset of the first message that has not had its effect; undefined when all have. */
  next: string | undefined;

  /** Ends the work; what had its effect is committed. */
  stop(): void {
    this.stopping.abort();
  }

  /** Ends the work on a partition that is another consumer's now, who commits. */
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

  /** A death while it is set aside counts, too: then without its bytes, at last without a dead letter. */
  private async setAside(message: Received, deaths: number): Promise<void> {
    const { topic, partition, offset } = message;
    this.options.log.error({ topic, partition, offset, deaths }, 'message set aside: processes died on it');
    if (deaths > deathsToSetAside + 1) return;
    const isWhole = deaths === deathsToSetAside;
    const sent = isWhole ? message : { ...message, key: null, value: null, headers: {} };
    const detail = `The process died ${deaths} times on it.${isWhole ? '' : ' Its bytes are at its place only.'}`;
    await deadLetter(sent, new NonRetryableError('process_died', detail), this.options);
  }

  /** Processes some messages and commits as far as they have had their effects; false when not all have. */
  private async chunk(chunk: Chunk, following: Chunk | undefined): Promise<boolean> {
    const { messages } = chunk;
    if (!this.marked) await this.commit(messages[0].offset, chunk);
    const { done, error } = await processBatch(messages, this.options, this.stopping.signal);
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

  /** Takes back that a chunk is in work: the process does not die on what it has not begun. */
  private async unmark({ messages: [first] }: Chunk): Promise<void> {
    if (this.marked) await this.commit(first.offset, undefined);
  }

  private resolve({ offset }: Received): void {
    if (!this.isLost) this.payload.resolveOffset(offset);
  }

  /** Commits that everything before an offset is done, and what is in work from there on. */
  private async commit(offset: string, inWork: Chunk | undefined): Promise<void> {
    if (this.isLost) return;
    this.marked = inWork !== undefined;
    const { topic, partition } = this.payload.batch;
    const metadata = inWork === undefined ? '' : this.markerOf(inWork);
    const topics = [{ topic, partitions: [{ partition, offset, metadata }] }];
    const commit = (): Promise<void> =>
      this.isLost ? Promise.resolve() : this.payload.commitOffsetsIfNecessary({ topics });
    // The consumer has to know at once that its group rebalances, but work aside only waits until that is over.
    const isRetryable = (): boolean => this.goesAside;
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

/** The messages in their order; one that may have killed a process stands alone. */
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
