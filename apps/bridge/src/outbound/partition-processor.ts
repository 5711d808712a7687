import type { Lease, PartitionWork, WriterState } from '#partitions';
import type { Logger } from '#platform';
import { repeat, retry, sleep } from '#platform';
import type { Delivery } from '#sessions';
import { PositionBeyondEndError } from '#sessions';
import type { BridgeMetrics } from '../common/metrics.ts';
import type { Subscribe } from '../common/session-events.ts';
import type { IndexWriter } from '../references/index-writer.ts';
import type { ConversationPublisher } from './conversation-publisher.ts';

/** Writes the events of a partition to a target, and tracks its position. */
interface PartitionWriter {
  /** Its name in metrics and logs. */
  readonly name: string;
  /** Its position, and whether events may be missing up to the end of the store. */
  readonly state: WriterState;
  /** The position up to which everything is written; null: it begins with the first event. */
  load(): Promise<bigint | null>;
  /** Receives a delivery of the subscription. */
  receive(delivery: Delivery): Promise<void>;
  /** Writes until the signal. @throws LeaseLostError */
  run(): Promise<void>;
  /** Aborted when it has to read again, from what `load` says then. */
  readonly readAgain?: AbortSignal;
  /** Goes back to where it has all again, in an event store that was restored to a state before the position. */
  goBack(): Promise<void>;
}

interface ProcessorPorts {
  readonly subscribe: Subscribe;
  readonly publisher: (signal: AbortSignal) => ConversationPublisher;
  readonly index: (signal: AbortSignal) => IndexWriter;
  readonly metrics: Pick<BridgeMetrics, 'restarted'>;
  readonly logger: Logger;
}

/** Pause before a partition is claimed again after a failure, in milliseconds. */
const reclaimMs = 1_000;
/** Time between two confirmations that the index is complete, in milliseconds. */
const confirmMs = 5_000;

/**
 * Processes the events of one partition: the publisher and the index writer each have their own subscription and
 * position, so that neither waits for the other.
 */
export class PartitionProcessor implements PartitionWork {
  private readonly stopping = new AbortController();
  private readonly publisher: ConversationPublisher;
  private readonly index: IndexWriter;
  private readonly running: Promise<void>;
  /** Why writers get no events, by name. */
  private readonly failures = new Map<string, unknown>();

  constructor(
    private readonly ports: ProcessorPorts,
    readonly lease: Lease,
    /** Called when processing has failed. */
    ended: () => void,
  ) {
    this.publisher = ports.publisher(this.stopping.signal);
    this.index = ports.index(this.stopping.signal);
    this.running = this.run(ended);
  }

  /** How many messages wait to be published, and their approximate memory. */
  get backlog(): number {
    return this.publisher.backlog;
  }

  get backlogBytes(): number {
    return this.publisher.backlogBytes;
  }

  /** Approximate memory of the mentions that are known to be in the index. */
  get cachedBytes(): number {
    return this.index.cachedBytes;
  }

  /** The state of its writers, by name. */
  writers(): Record<string, WriterState> {
    const states = [this.publisher, this.index].map(({ name, state }): [string, WriterState] => [
      name,
      { ...state, failure: this.failures.get(name) ?? state.failure },
    ]);
    return Object.fromEntries(states);
  }

  /** Resolves after the current batches. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Publishes and indexes; when one of them ends, so does the other. */
  private async run(ended: () => void): Promise<void> {
    const { signal } = this.stopping;
    const onError = (err: unknown): void => this.ports.logger.warn({ err }, 'partition not confirmed');
    await Promise.all([
      this.work(this.publisher),
      this.work(this.index),
      repeat(() => this.index.confirm(), { everyMs: confirmMs, signal, onError }),
    ]);
    await this.publisher.finish().catch(onError);
    void sleep(reclaimMs).then(ended);
  }

  private async work(writer: PartitionWriter): Promise<void> {
    const end = (): void => this.stopping.abort();
    const parts = [this.read(writer), writer.run()].map((part) => part.finally(end));
    for (const part of await Promise.allSettled(parts)) {
      if (part.status === 'fulfilled') continue;
      const err: unknown = part.reason;
      this.failures.set(writer.name, err);
      if (err instanceof PositionBeyondEndError) await this.goBack(writer);
      this.ports.logger.error({ err, ...this.placeOf(writer) }, 'work on partition ended');
    }
  }

  private async read(writer: PartitionWriter): Promise<void> {
    const { signal } = this.stopping;
    const onRetry = (err: unknown, attempt: number): void => {
      this.failures.set(writer.name, err);
      if (attempt === 1) this.ports.logger.warn({ err, ...this.placeOf(writer) }, 'position not known yet');
    };
    do {
      const position = await retry(() => writer.load(), { maxMs: 1_000, signal, onRetry });
      this.failures.delete(writer.name);
      if (position !== undefined) await this.readFrom(position ?? 'start', writer);
    } while (writer.readAgain?.aborted && !signal.aborted);
  }

  private async readFrom(after: bigint | 'start', writer: PartitionWriter): Promise<void> {
    const { prefixes } = this.lease;
    const signals = [this.stopping.signal, ...(writer.readAgain ? [writer.readAgain] : [])];
    const signal = AbortSignal.any(signals);
    const onInterruption = (err: unknown): void => {
      this.failures.set(writer.name, err);
      void writer.receive({ kind: 'fell_behind' });
      this.ports.logger.warn({ err, ...this.placeOf(writer) }, 'subscription interrupted');
    };
    for await (const delivery of this.ports.subscribe({ prefixes, after, signal, onInterruption })) {
      if (delivery.kind !== 'fell_behind') this.failures.delete(writer.name);
      await writer.receive(delivery);
    }
  }

  /** Continues with the new events after the event store was restored to an earlier state. */
  private async goBack(writer: PartitionWriter): Promise<void> {
    this.ports.metrics.restarted.inc({ reader: writer.name });
    const onRetry = (err: unknown): void =>
      this.ports.logger.warn({ err, ...this.placeOf(writer) }, 'position not saved');
    await retry(() => writer.goBack(), { attempts: 3, onRetry }).catch(() => undefined);
  }

  private placeOf({ name }: PartitionWriter): object {
    return { partition: this.lease.partition, reader: name };
  }
}
