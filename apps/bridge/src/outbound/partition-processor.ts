import type { Lease, PartitionWork } from '#partitions';
import type { Logger } from '#platform';
import { repeat, retry, sleep } from '#platform';
import type { Delivery } from '#sessions';
import { checkWithinLog, PositionBeyondEndError } from '#sessions';
import type { BridgeMetrics } from '../common/metrics.ts';
import type { Subscribe } from '../common/session-events.ts';
import type { IndexWriter } from '../references/index-writer.ts';
import type { ConversationPublisher } from './conversation-publisher.ts';

interface ProcessorPorts {
  readonly subscribe: Subscribe;
  /** The position of the last event of the store. */
  readonly head: () => Promise<bigint>;
  /** Where to go on in an event store that was restored to a state before the position. */
  readonly positionAfterRestore: () => Promise<bigint>;
  readonly publisher: (signal: AbortSignal) => ConversationPublisher;
  readonly index: (signal: AbortSignal) => IndexWriter;
  readonly metrics: Pick<BridgeMetrics, 'restarted'>;
  readonly logger: Logger;
}

/** How long to wait before a partition whose work failed is claimed again, in milliseconds. */
const reclaimMs = 1_000;
/** Time between two records that the index has all that there is, in milliseconds. */
const confirmMs = 5_000;

/**
 * Works on the events of one partition: one subscription, behind it the publisher and the writer of the index, each with its
 * own position. Begins at the lower one; each skips what it has.
 */
export class PartitionProcessor implements PartitionWork {
  private readonly stopping = new AbortController();
  private readonly publisher: ConversationPublisher;
  private readonly index: IndexWriter;
  private readonly running: Promise<void>;
  /** Whether the subscription has reached the end of the store, and all that it delivered was taken over. */
  private caughtUp = false;
  private taking = false;

  constructor(
    private readonly ports: ProcessorPorts,
    readonly lease: Lease,
    /** Called when the work failed. */
    ended: () => void,
  ) {
    this.publisher = ports.publisher(this.stopping.signal);
    this.index = ports.index(this.stopping.signal);
    this.running = this.run(ended);
  }

  /** How many messages wait to be published, and about how much memory they take. */
  get backlog(): number {
    return this.publisher.backlog;
  }

  get backlogBytes(): number {
    return this.publisher.backlogBytes;
  }

  /** Resolves after the batches under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Reads, publishes and indexes; when one of them ends, so do the others. */
  private async run(ended: () => void): Promise<void> {
    const end = (): void => this.stopping.abort();
    const { signal } = this.stopping;
    const { logger, index, publisher } = this;
    const onError = (err: unknown): void => logger.warn({ err }, 'index not confirmed');
    const parts = [this.read(), publisher.run(), index.run()].map((part) => part.finally(end));
    parts.push(repeat(() => this.confirm(), { everyMs: confirmMs, signal, onError }));
    for (const part of await Promise.allSettled(parts)) {
      if (part.status === 'fulfilled') continue;
      const err: unknown = part.reason;
      if (err instanceof PositionBeyondEndError) await this.goBack();
      logger.error({ err, partition: this.lease.partition }, 'work on partition ended');
    }
    void sleep(reclaimMs).then(ended);
  }

  private get logger(): Logger {
    return this.ports.logger;
  }

  /** The event store was restored to an earlier state: what is new in it is published and indexed. */
  private async goBack(): Promise<void> {
    this.ports.metrics.restarted.inc({ reader: 'publisher' });
    const onRetry = (err: unknown): void =>
      this.logger.warn({ err, partition: this.lease.partition }, 'position not saved');
    const goBack = async (): Promise<void> => {
      const position = await this.ports.positionAfterRestore();
      await this.index.goBack(position);
      await this.publisher.goBack(position);
    };
    await retry(goBack, { attempts: 3, onRetry }).catch(() => undefined);
  }

  private async read(): Promise<void> {
    const { prefixes, partition } = this.lease;
    const { signal } = this.stopping;
    const onInterruption = (err: unknown): void => {
      this.caughtUp = false;
      this.logger.warn({ err, partition }, 'subscription interrupted');
    };
    const after = await this.start();
    if (after === undefined) return;
    for await (const delivery of this.ports.subscribe({ prefixes, after, signal, onInterruption })) {
      this.taking = true;
      await this.take(delivery);
      this.taking = false;
    }
  }

  private async take(delivery: Delivery): Promise<void> {
    if (delivery.kind === 'caught_up') this.caughtUp = true;
    if (delivery.kind === 'fell_behind') this.caughtUp = false;
    if (!('position' in delivery)) return;
    await this.index.receive(delivery);
    await this.publisher.receive(delivery);
  }

  /** The lower of the two positions; undefined: stopped. @throws PositionBeyondEndError when one is ahead of the store */
  private async start(): Promise<bigint | 'start' | undefined> {
    const { position, partition } = this.lease;
    const onRetry = (err: unknown, attempt: number): void => {
      if (attempt === 1) this.logger.warn({ err, partition }, 'position of the index not known yet');
    };
    const load = async (): Promise<bigint | 'start'> => {
      const indexed = await this.index.load();
      const [lower, higher] = inOrder(position ?? -1n, indexed ?? -1n);
      if (higher >= 0n) await checkWithinLog(this.ports, higher);
      return lower < 0n ? 'start' : lower;
    };
    return retry(load, { signal: this.stopping.signal, onRetry, isRetryable: mayPass });
  }

  private async confirm(): Promise<void> {
    if (this.caughtUp && !this.taking) await this.index.confirm();
  }
}

function mayPass(error: unknown): boolean {
  return !(error instanceof PositionBeyondEndError);
}

function inOrder(one: bigint, other: bigint): readonly [bigint, bigint] {
  return one < other ? [one, other] : [other, one];
}
