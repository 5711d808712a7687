import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { processBatch } from './chunk.ts';
import type { ChunkOptions, Received } from './chunk.ts';
import { textOf } from './errors.ts';
import type { KafkaLog } from './kafka.ts';

export interface ConsumerOptions<T> extends ChunkOptions<T> {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly log: KafkaLog;
  /** Partitions worked on at a time. */
  readonly partitionsAtOnce: number;
  /** Messages of a partition that are prepared together, and after which the offset is committed. */
  readonly chunkSize: number;
  /** Resolves when what was away is there again; asked, with growing pauses, before a paused partition goes on. */
  readonly ready: () => Promise<void>;
  readonly onPaused?: (topic: string, partition: number) => void;
}

const longestPauseMs = 5_000;
/** How long a consumer may take to end, and how long it may give no sign of life, in milliseconds. */
const patienceMs = 10_000;
const silenceMs = 45_000;

/**
 * Reads topics as a member of a group. Offsets are committed only after the messages' effects. When an engine is away
 * the partition is paused and goes on from the first message without effect; other partitions do not wait for it.
 */
export class ConsumerLoop<T> {
  private readonly pauses = new Map<string, number>();

  constructor(private readonly options: ConsumerOptions<T>) {}

  /** Reads until the signal. A consumer that fails is replaced by a new one, after a pause that grows. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      const began = performance.now();
      try {
        await this.runOnce(signal);
      } catch (error) {
        this.options.log.warn({ topics: this.options.topics, reason: textOf(error) }, 'consumer failed');
      }
      failures = performance.now() - began > 30_000 ? 1 : failures + 1;
      const pause = Math.min(longestPauseMs, 100 * 2 ** failures);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  private async runOnce(signal: AbortSignal): Promise<void> {
    const { kafka, groupId } = this.options;
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: 6_000,
      rebalanceTimeout: 20_000,
      heartbeatInterval: 1_000,
      maxWaitTimeInMs: 500,
      maxBytesPerPartition: 256 * 1_024,
      allowAutoTopicCreation: false,
      retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
    });
    const ended = endOf(consumer);
    const stopped = Promise.withResolvers<void>();
    const stop = (): void => stopped.resolve();
    signal.addEventListener('abort', stop);
    try {
      await Promise.race([this.begin(consumer, signal), ended.promise]);
      await Promise.race([ended.promise, stopped.promise]);
    } finally {
      signal.removeEventListener('abort', stop);
      ended.stopWatching();
      await Promise.race([
        consumer.disconnect().catch(() => undefined),
        sleep(patienceMs, undefined, { ref: false }),
      ]);
    }
  }

  private async begin(consumer: Consumer, signal: AbortSignal): Promise<void> {
    const { topics, partitionsAtOnce } = this.options;
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitionsAtOnce,
      eachBatch: (payload) => this.batch(payload, consumer, signal),
    });
  }

  private async batch(payload: EachBatchPayload, consumer: Consumer, signal: AbortSignal): Promise<void> {
    const { batch } = payload;
    const { chunkSize } = this.options;
    const beat = setInterval(() => void payload.heartbeat().catch(() => undefined), 1_000);
    try {
      for (let from = 0; from < batch.messages.length; from += chunkSize) {
        if (!payload.isRunning() || payload.isStale() || signal.aborted) return;
        const complete = await this.chunk(payload, batch.messages.slice(from, from + chunkSize));
        if (!complete) {
          this.pause(consumer, batch.topic, batch.partition, signal);
          return;
        }
        await payload.heartbeat();
      }
    } finally {
      clearInterval(beat);
    }
  }

  /** Works through some messages and commits as far as they have had their effects; false when not all have. */
  private async chunk(payload: EachBatchPayload, messages: KafkaMessage[]): Promise<boolean> {
    const { topic, partition } = payload.batch;
    const received = messages.map((message): Received => ({ topic, partition, ...message }));
    const { done, error } = await processBatch(received, this.options);
    const last = messages[done - 1];
    if (last !== undefined) {
      payload.resolveOffset(last.offset);
      const offset = String(BigInt(last.offset) + 1n);
      await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset }] }] });
      this.pauses.delete(`${topic}/${partition}`);
    }
    if (done === messages.length) return true;
    const { log } = this.options;
    log.warn({ topic, partition, offset: messages[done]?.offset, reason: textOf(error) }, 'partition waits');
    return false;
  }

  private pause(consumer: Consumer, topic: string, partition: number, signal: AbortSignal): void {
    const name = `${topic}/${partition}`;
    const partitions = [{ topic, partitions: [partition] }];
    consumer.pause(partitions);
    this.options.onPaused?.(topic, partition);
    const goOn = async (): Promise<void> => {
      for (let ready = false; !ready && !signal.aborted;) {
        const attempt = this.pauses.get(name) ?? 0;
        this.pauses.set(name, attempt + 1);
        const ms = Math.min(longestPauseMs, 50 * 2 ** attempt);
        await sleep(ms, undefined, { signal }).catch(() => undefined);
        ready = await this.options.ready().then(
          () => true,
          () => false,
        );
      }
      consumer.resume(partitions);
    };
    void goOn().catch(() => undefined);
  }
}

/** Rejects when the consumer crashes, or gives no sign of life for too long: then it has lost its way. */
function endOf(consumer: Consumer): { readonly promise: Promise<never>; stopWatching(): void } {
  const { CRASH, FETCH, HEARTBEAT, GROUP_JOIN } = consumer.events;
  let alive = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_, reject) => {
    consumer.on(CRASH, ({ payload }) => reject(payload.error));
    for (const sign of [FETCH, HEARTBEAT, GROUP_JOIN])
      consumer.on(sign, () => {
        alive = performance.now();
      });
    timer = setInterval(() => {
      if (performance.now() - alive > silenceMs)
        reject(new Error(`no sign of life for ${silenceMs / 1_000} s`));
    }, 1_000);
  });
  promise.catch(() => undefined);
  return { promise, stopWatching: () => clearInterval(timer) };
}
