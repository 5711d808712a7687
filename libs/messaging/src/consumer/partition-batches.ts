import type { Consumer, EachBatchPayload } from 'kafkajs';
import { backOffMs, retry } from '../../../platform/src/async/retry.ts';
import { sleep } from '../../../platform/src/async/sleep.ts';
import { textOf } from '../errors.ts';
import type { KafkaLog } from '../kafka.ts';
import type { PartitionWorkOptions } from './partition-work.ts';
import { PartitionWork } from './partition-work.ts';
import type { Suspects } from './work-marker.ts';

export interface PartitionBatchesOptions<T> extends PartitionWorkOptions<T> {
  /** Resolves when the backing services are available; called, with back-off, before a paused partition resumes. */
  readonly ready: () => Promise<void>;
  readonly onPaused?: (topic: string, partition: number) => void;
  readonly log: KafkaLog;
}

const pauses = { minMs: 50, maxMs: 5_000 };
/** Pauses between two checks whether the backing services are available. */
const questions = { minMs: 50, maxMs: 1_000 };
/**
 * How long the consumer waits for a batch (ms). It fetches, for all partitions, only when every batch of its last fetch is
 * done, and sends heartbeats in between: a longer batch continues in the background, with its partition paused.
 */
const patienceMs = 500;

/**
 * Processes the batches that a consumer fetches. While a backing service is unavailable, or a batch takes long, its partition
 * is paused; then it resumes from the first unprocessed message.
 */
export class PartitionBatches<T> {
  /** Pauses since the last progress, by partition. */
  private readonly pausedBefore = new Map<number, number>();
  private readonly working = new Map<
    number,
    { readonly work: PartitionWork<T>; readonly done: Promise<void> }
  >();
  /**
   * The offsets processed beyond the committed one, by partition, at most those of a chunk: a message before them waits for a
   * backing service, and they are not processed with it again.
   */
  private ahead = new Map<number, ReadonlySet<string>>();
  private readonly stopping = new AbortController();
  private member = '';
  private suspects: Promise<Map<number, Suspects>> | undefined;

  constructor(
    private readonly options: PartitionBatchesOptions<T>,
    private readonly consumer: Pick<Consumer, 'pause' | 'resume'>,
    private readonly findSuspects: () => Promise<Map<number, Suspects>>,
  ) {}

  /** Call it when the consumer has joined its group: stops the work on partitions that it no longer has. */
  assigned(partitions: readonly number[], member: string): void {
    this.member = member;
    this.suspects = undefined;
    this.ahead = new Map();
    for (const [partition, { work }] of this.working) if (!partitions.includes(partition)) work.lose();
  }

  /** Stops all work. Resolves when it has ended, and processed messages are committed. */
  async stop(): Promise<void> {
    this.stopping.abort();
    for (const { work } of this.working.values()) work.stop();
    await Promise.all([...this.working.values()].map(({ done }) => done));
  }

  /** Processes one batch; resolves when it is done, or continues in the background. @throws what ends the consumer's membership */
  async handle(payload: EachBatchPayload): Promise<void> {
    const { topic, partition } = payload.batch;
    if (this.working.has(partition) || this.stopping.signal.aborted) return;
    // Another assignment has another map.
    const { ahead } = this;
    const work = new PartitionWork(this.options, payload, this.member, ahead.get(partition));
    const running = this.suspectsOf(partition)
      .then((suspects) => work.run(suspects))
      .finally(() => ahead.set(partition, work.ahead));
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    this.working.set(partition, { work, done: settled });
    void settled.then(() => this.working.delete(partition));
    const waiting = new AbortController();
    const isDone = await Promise.race([
      running.then(() => true),
      sleep(patienceMs, waiting.signal).then(() => false),
    ]).finally(() => waiting.abort());
    if (isDone) {
      if (work.error !== undefined) this.pause(topic, partition, work);
      else this.pausedBefore.delete(partition);
      return;
    }
    work.goAside();
    this.tell('pause', topic, partition);
    void this.finishAside(running, topic, partition, work);
  }

  private async finishAside(
    running: Promise<void>,
    topic: string,
    partition: number,
    work: PartitionWork<T>,
  ): Promise<void> {
    try {
      await running;
    } catch (error) {
      this.options.log.warn({ topic, partition, reason: textOf(error) }, 'partition not committed');
    }
    if (work.error !== undefined) this.pause(topic, partition, work);
    else this.resume(topic, partition);
  }

  /** The messages on which processes died, looked up once after each join. */
  private async suspectsOf(partition: number): Promise<Suspects | undefined> {
    this.suspects ??= this.findSuspects();
    const all = await this.suspects.catch((error: unknown) => {
      this.suspects = undefined;
      throw error;
    });
    return all.get(partition);
  }

  private pause(topic: string, partition: number, { progressed, error, next }: PartitionWork<T>): void {
    const { log, onPaused } = this.options;
    log.warn({ topic, partition, offset: next, reason: textOf(error) }, 'partition paused');
    if (progressed) this.pausedBefore.delete(partition);
    const attempt = (this.pausedBefore.get(partition) ?? 0) + 1;
    this.pausedBefore.set(partition, attempt);
    this.tell('pause', topic, partition);
    onPaused?.(topic, partition);
    void this.resumeWhenReady(topic, partition, attempt);
  }

  private async resumeWhenReady(topic: string, partition: number, attempt: number): Promise<void> {
    const { signal } = this.stopping;
    await sleep(backOffMs(attempt, pauses), signal);
    await retry(() => this.options.ready(), { ...questions, signal });
    this.resume(topic, partition);
  }

  private resume(topic: string, partition: number): void {
    if (!this.stopping.signal.aborted) this.tell('resume', topic, partition);
  }

  private tell(action: 'pause' | 'resume', topic: string, partition: number): void {
    try {
      this.consumer[action]([{ topic, partitions: [partition] }]);
    } catch (error) {
      // A consumer that has ended meanwhile refuses.
      this.options.log.debug({ topic, partition, action, reason: textOf(error) }, 'consumer ended meanwhile');
    }
  }
}
