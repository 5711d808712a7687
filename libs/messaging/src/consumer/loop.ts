import type { Consumer, ConsumerConfig, Kafka } from 'kafkajs';
import { retry } from '../../../platform/src/async/retry.ts';
import { withTimeout } from '../../../platform/src/async/with-timeout.ts';
import { textOf } from '../errors.ts';
import { findSuspects, inheritOffsets } from './group.ts';
import type { PartitionBatchesOptions } from './partition-batches.ts';
import { PartitionBatches } from './partition-batches.ts';

/** The part of a Kafka consumer that the loop uses. */
export type LoopConsumer = Pick<
  Consumer,
  'connect' | 'subscribe' | 'run' | 'pause' | 'resume' | 'disconnect' | 'on' | 'events'
>;

export interface ConsumerOptions<T> extends PartitionBatchesOptions<T> {
  readonly kafka: Pick<Kafka, 'admin'> & { consumer(config: ConsumerConfig): LoopConsumer };
  /** For this topic alone: a missing or forbidden topic stops the whole group that reads it. */
  readonly groupId: string;
  readonly topic: string;
  /** The group that read the topic before: this one starts at its offsets. */
  readonly inheritFrom?: string;
  /** Told whether the topic is read: undefined, or why not. */
  readonly onState?: (reason: string | undefined) => void;
  /** Partitions processed at a time. */
  readonly partitionsAtOnce: number;
}

/** Pauses between a failed consumer and the next one; a consumer that ran for a while resets the back-off. */
const restarts = { minMs: 200, maxMs: 5_000, resetAfterMs: 30_000 };
/** The same while its broker does not answer: shorter, so that messages arrive soon after it is back. */
const restartsUnanswered = { minMs: 200, maxMs: 500 };
/** How long a consumer may take to disconnect, even from a silent broker, and how long it may be silent (ms). */
const disconnectMs = { usually: 10_000, fromSilence: 500 };
const silenceMs = 45_000;

/** Thrown when a broker did not answer a request: the client would keep using the same connection, which may be dead. */
class BrokerSilentError extends Error {}

const disconnectTimeout = (): Error => new Error('The consumer did not disconnect in time.');

/** Reads a topic as a member of a consumer group. */
export class ConsumerLoop<T> {
  constructor(private readonly options: ConsumerOptions<T>) {}

  /** Reads until the signal aborts. A failed consumer is replaced by a new one, with back-off. */
  async run(signal: AbortSignal): Promise<void> {
    const { topic, log, isUnavailable, onState } = this.options;
    const onRetry = (error: unknown): void => {
      log.warn({ topic, reason: textOf(error) }, 'consumer failed');
      onState?.(textOf(error));
    };
    const isRetryable = (error: unknown): boolean =>
      error instanceof BrokerSilentError || isUnavailable(error);
    const consume = (): Promise<void> => this.consume(signal);
    await retry(() => retry(consume, { ...restartsUnanswered, signal, onRetry, isRetryable }), {
      ...restarts,
      signal,
      onRetry,
    });
  }

  /** Runs one consumer until the signal aborts. @throws when it crashes or falls silent */
  private async consume(signal: AbortSignal): Promise<void> {
    const { kafka, groupId } = this.options;
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: 6_000,
      rebalanceTimeout: 20_000,
      heartbeatInterval: 2_000,
      maxWaitTimeInMs: 1_000,
      maxBytesPerPartition: 256 * 1_024,
      allowAutoTopicCreation: false,
      retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
    });
    const batches = this.batchesOf(consumer);
    const failure = watchFor(consumer);
    const stopped = Promise.withResolvers<void>();
    const stop = (): void => stopped.resolve();
    signal.addEventListener('abort', stop);
    let patience = disconnectMs.usually;
    const over = new AbortController();
    try {
      const begun = this.begin(consumer, batches, over.signal);
      begun.catch(() => undefined);
      await Promise.race([begun, failure.promise]);
      await Promise.race([stopped.promise, failure.promise]);
    } catch (error) {
      if (error instanceof BrokerSilentError) patience = disconnectMs.fromSilence;
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      failure.stopWatching();
      over.abort();
      await withTimeout(batches.stop(), patience, disconnectTimeout).catch(() => undefined);
      const disconnect = (): Promise<void> => consumer.disconnect().catch(() => undefined);
      await withTimeout(disconnect(), patience, disconnectTimeout).catch(() => undefined);
      // A consumer that was joining its group may not stop: it would keep its partitions, whose messages nobody processes.
      consumer.on(consumer.events.FETCH, () => void disconnect());
    }
  }

  private batchesOf(consumer: LoopConsumer): PartitionBatches<T> {
    const { kafka, groupId, topic, onState } = this.options;
    const batches = new PartitionBatches(this.options, consumer, () => findSuspects(kafka, groupId, topic));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberAssignment, memberId } }) => {
      batches.assigned(memberAssignment[topic] ?? [], memberId);
      onState?.(undefined);
    });
    return batches;
  }

  /** A call to a silent broker may return after the consumer was replaced: then it must not join the group any more. */
  private async begin(
    consumer: LoopConsumer,
    batches: PartitionBatches<T>,
    over: AbortSignal,
  ): Promise<void> {
    const { kafka, groupId, topic, inheritFrom, partitionsAtOnce } = this.options;
    if (inheritFrom !== undefined) await inheritOffsets(kafka, { from: inheritFrom, groupId, topic });
    await consumer.connect();
    if (over.aborted) return consumer.disconnect();
    await consumer.subscribe({ topic, fromBeginning: true });
    if (over.aborted) return consumer.disconnect();
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitionsAtOnce,
      eachBatch: (payload) => batches.handle(payload),
    });
  }
}

/** Rejects when the consumer crashes, its broker does not answer a request, or it is silent for too long. */
function watchFor(consumer: LoopConsumer): { readonly promise: Promise<never>; stopWatching(): void } {
  const { CRASH, FETCH, HEARTBEAT, GROUP_JOIN, REQUEST_TIMEOUT } = consumer.events;
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  const silent = (): void => reject(new Error(`no sign of life for ${silenceMs / 1_000} s`));
  const timer = setTimeout(silent, silenceMs);
  consumer.on(CRASH, ({ payload }) => reject(payload.error));
  consumer.on(REQUEST_TIMEOUT, ({ payload }) =>
    reject(new BrokerSilentError(`no answer to ${payload.apiName} of ${payload.broker}`)),
  );
  for (const sign of [FETCH, HEARTBEAT, GROUP_JOIN]) consumer.on(sign, () => void timer.refresh());
  return { promise, stopWatching: () => clearTimeout(timer) };
}
