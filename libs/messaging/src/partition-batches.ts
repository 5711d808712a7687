import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { backOffMs, retry } from '../../platform/src/async/retry.ts';
import { sleep } from '../../platform/src/async/sleep.ts';
import { textOf } from './errors.ts';
import type { KafkaLog } from './kafka.ts';
import type { BatchOptions, Received } from './process-batch.ts';
import { processBatch } from './process-batch.ts';

export interface PartitionBatchesOptions<T> extends BatchOptions<T> {
  /** Messages that are prepared together, and after which the offset is committed. */
  readonly chunkSize: number;
  /** Resolves when the backing services are available; asked, with back-off, before a paused partition resumes. */
  readonly ready: () => Promise<void>;
  readonly onPaused?: (topic: string, partition: number) => void;
  readonly log: KafkaLog;
}

const pauses = { minMs: 50, maxMs: 5_000 };
/** Pauses between two questions whether the backing services are available. */
const questions = { minMs: 50, maxMs: 1_000 };
const heartbeatMs = 1_000;

/**
 * Works on the batches that a consumer fetches. An offset is committed only after the messages before it have had their
 * effects. While a backing service is unavailable the partition is paused; then it resumes from the first message
 * without effect.
 */
export class PartitionBatches<T> {
  /** Pauses since the last progress, by partition. */
  private readonly paused = new Map<string, number>();

  constructor(
    private readonly options: PartitionBatchesOptions<T>,
    private readonly consumer: Pick<Consumer, 'pause' | 'resume'>,
    private readonly signal: AbortSignal,
  ) {}

  /** Works on one batch, a chunk after the other. */
  async handle(payload: EachBatchPayload): Promise<void> {
    const { messages, topic, partition } = payload.batch;
    const { chunkSize } = this.options;
    const heartbeat = (): void => void payload.heartbeat().catch(() => undefined);
    const beating = setInterval(heartbeat, heartbeatMs);
    try {
      for (let from = 0; from < messages.length; from += chunkSize) {
        if (!payload.isRunning() || payload.isStale() || this.signal.aborted) return;
        const complete = await this.chunk(payload, messages.slice(from, from + chunkSize));
        if (!complete) {
          this.pause(topic, partition);
          return;
        }
        await payload.heartbeat();
      }
    } finally {
      clearInterval(beating);
    }
  }

  /** Processes some messages and commits as far as they have had their effects; false when not all have. */
  private async chunk(payload: EachBatchPayload, messages: readonly KafkaMessage[]): Promise<boolean> {
    const { topic, partition } = payload.batch;
    const received = messages.map((message): Received => ({ topic, partition, ...message }));
    const { done, error } = await processBatch(received, this.options);
    const last = messages[done - 1];
    if (last !== undefined) {
      payload.resolveOffset(last.offset);
      const offset = String(BigInt(last.offset) + 1n);
      await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset }] }] });
      this.paused.delete(nameOf(topic, partition));
    }
    if (done === messages.length) return true;
    const fields = { topic, partition, offset: messages[done]?.offset, reason: textOf(error) };
    this.options.log.warn(fields, 'partition paused');
    return false;
  }

  private pause(topic: string, partition: number): void {
    const name = nameOf(topic, partition);
    const attempt = (this.paused.get(name) ?? 0) + 1;
    this.paused.set(name, attempt);
    this.consumer.pause([{ topic, partitions: [partition] }]);
    this.options.onPaused?.(topic, partition);
    // A consumer that ended meanwhile refuses to resume.
    void this.resumeWhenReady(topic, partition, attempt).catch(() => undefined);
  }

  private async resumeWhenReady(topic: string, partition: number, attempt: number): Promise<void> {
    const { signal } = this;
    await sleep(backOffMs(attempt, pauses), signal);
    await retry(() => this.options.ready(), { ...questions, signal });
    this.consumer.resume([{ topic, partitions: [partition] }]);
  }
}

function nameOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
