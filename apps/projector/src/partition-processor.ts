import type { EventStore } from '#sessions';
import { subscribeToSessions } from '#sessions';
import type { Logger } from '#platform';
import type { ContextProjection, ContextStore, RowsStore } from '#read-models';
import type { Lease } from '#partitions';
import { ContextWriter } from './context/writer.ts';
import type { BatchWriterHooks } from '../../../libs/platform/src/async/batch-writer.ts';
import type { ProjectorMetrics } from './metrics.ts';
import { TableWriter } from './tables/writer.ts';
import type { PartitionStatus } from './partition-status.ts';

export interface PartitionDependencies {
  readonly store: EventStore;
  readonly contexts: ContextStore;
  readonly projection: ContextProjection;
  readonly rows: RowsStore;
  readonly metrics: ProjectorMetrics;
  readonly logger: Logger;
  /** Name of this instance, as it stands in the leases. */
  readonly owner: string;
}

/** Projects one slot: one subscription, behind it a lane for the contexts and one for the rows. Runs once. */
export class PartitionProcessor {
  private readonly abort = new AbortController();
  private readonly contextWriter: ContextWriter;
  private readonly tableWriter: TableWriter;
  private readonly start: bigint | null;

  private constructor(
    private readonly deps: PartitionDependencies,
    readonly lease: Lease,
    found: bigint | null | undefined,
  ) {
    const { contexts, projection, rows, owner } = deps;
    const { position } = lease;
    const behind = typeof found === 'bigint' && position !== null && found < position;
    const start = behind ? found : position;
    this.start = start !== null && start < 0n ? null : start;
    this.contextWriter = new ContextWriter(
      { contexts, projection, name: markName(lease), found, start: this.start },
      this.hooks('contexts'),
      this.abort.signal,
    );
    const onFailures = (failures: readonly object[]): void => {
      deps.metrics.unusable.inc(failures.length);
      for (const failure of failures) deps.logger.error(failure, 'event passed over: no row can hold it');
    };
    this.tableWriter = new TableWriter(
      { rows, lease, owner, onFailures },
      this.hooks('rows'),
      this.abort.signal,
    );
  }

  /** Begins where rows and contexts are; with Redis away, where the rows are. */
  static async create(deps: PartitionDependencies, lease: Lease): Promise<PartitionProcessor> {
    deps.projection.forget(lease.prefixes);
    const mark = deps.contexts.mark(markName(lease)).then((found) => found ?? null);
    return new PartitionProcessor(deps, lease, await mark.catch(() => undefined));
  }

  /** Runs until stopped. @throws LeaseLostError when the slot has another owner, CheckpointRegressedError when it has to begin anew */
  async run(): Promise<void> {
    const parts = [this.feed(), this.contextWriter.run(), this.tableWriter.run()];
    try {
      await Promise.race([Promise.all(parts), this.failure]);
    } finally {
      this.abort.abort();
      await Promise.allSettled(parts);
    }
  }

  /** Stops after the batches that are being written. */
  stop(): void {
    this.abort.abort();
  }

  /** The connection to Redis was lost: checks, as soon as it is back, that nothing else was. */
  redisLost(): void {
    this.contextWriter.doubt();
  }

  redisBack(): void {
    this.contextWriter.check().catch((error: unknown) => this.fail(error));
  }

  /** The lease, at the position that the rows have by now. */
  get progress(): Lease {
    return { ...this.lease, position: this.tableWriter.position };
  }

  /** Whether the rows hold all that there is. */
  get idle(): boolean {
    return this.tableWriter.idle;
  }

  status(): PartitionStatus {
    const { position, currentUntil, live } = this.tableWriter;
    const age = currentUntil === null ? null : Date.now() - Date.parse(currentUntil);
    return {
      slot: this.lease.slot,
      state: live ? 'live' : 'catching_up',
      position: position === null ? null : String(position),
      lag_s: age === null ? null : Math.max(0, age) / 1_000,
      waiting_for_redis: this.contextWriter.waiting,
      waiting_for_postgres: this.tableWriter.waiting,
    };
  }

  private fail: (error: unknown) => void = () => undefined;
  private readonly failure = new Promise<never>((_, reject) => {
    this.fail = reject;
  });

  private async feed(): Promise<void> {
    const { store, logger, metrics } = this.deps;
    const { slot, prefixes } = this.lease;
    const { contextWriter, tableWriter } = this;
    const onInterruption = (err: unknown): void => {
      tableWriter.live = false;
      if (!this.abort.signal.aborted) logger.warn({ err, slot }, 'subscription interrupted');
    };
    const options = {
      prefixes,
      after: this.start ?? ('start' as const),
      signal: this.abort.signal,
      onInterruption,
    };
    for await (const delivery of subscribeToSessions(store, options)) {
      if (delivery.kind === 'event') {
        await contextWriter.push(delivery);
        await tableWriter.push(delivery);
      } else if (delivery.kind === 'unprojectable') {
        metrics.unfoldable.inc();
        logger.error(delivery, 'event passed over: it cannot be decoded');
        contextWriter.pass(delivery.position);
        tableWriter.pass(delivery.position);
      } else if (delivery.kind === 'checkpoint') {
        contextWriter.pass(delivery.position);
        tableWriter.pass(delivery.position);
      } else {
        tableWriter.live = true;
      }
    }
  }

  private hooks(lane: 'contexts' | 'rows'): BatchWriterHooks {
    const { metrics, logger } = this.deps;
    const { slot } = this.lease;
    return {
      onWritten: (items, seconds) => metrics.written(lane, slot, items, seconds),
      onRetry: (err, attempt) => {
        metrics.retries.inc({ lane });
        // Two lines a minute at most, once the back-off is at its longest.
        if (attempt <= 2 || attempt % 15 === 0)
          logger.warn({ err, slot, lane, attempt }, 'batch is tried again');
      },
    };
  }
}

/** The mark belongs to the streams, not to the number of the slot, which changes when slots are cut anew. */
function markName({ prefixes }: Lease): string {
  return prefixes.join();
}
