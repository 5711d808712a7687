import type { Lease } from '#partitions';
import type { BatchWriterHooks } from '#platform';
import { setAside } from '#read-models';
import type { Delivery } from '#sessions';
import { subscribeToSessions } from '#sessions';
import { ContextWriter } from '../context/writer.ts';
import type { PartitionDependencies } from '../common/dependencies.ts';
import type { WriterName } from '../common/metrics.ts';
import type { PartitionStatus } from '../common/partition-status.ts';
import type { SetAsideSessions } from '../set-aside/sessions.ts';
import { TableWriter } from '../tables/writer.ts';

/**
 * Projects one partition: one subscription, behind it a writer for the contexts and one for the rows. Runs once; the
 * supervisor starts another after a failure.
 */
export class PartitionProcessor {
  private readonly abort = new AbortController();
  private readonly contextWriter: ContextWriter;
  private readonly tableWriter: TableWriter;
  private readonly start: bigint | null;
  /** Sessions whose set-aside event waits to be written. */
  private readonly undecodable = new Set<string>();
  private readonly failed = Promise.withResolvers<never>();

  private constructor(
    private readonly deps: PartitionDependencies,
    private readonly lease: Lease,
    private readonly setAside: SetAsideSessions,
    found: bigint | null | undefined,
  ) {
    const { contexts, projection, rows, settings } = deps;
    const { position } = lease;
    const behind = typeof found === 'bigint' && position !== null && found < position;
    const start = behind ? found : position;
    this.start = start !== null && start < 0n ? null : start;
    const { signal } = this.abort;
    const tables = { rows, lease, owner: settings.instance, setAside };
    this.tableWriter = new TableWriter(tables, this.hooks('rows'), signal);
    this.contextWriter = new ContextWriter(
      {
        contexts,
        projection,
        setAside,
        exclusively: (work) => this.tableWriter.exclusively(work),
        name: checkpointName(lease),
        found,
        start: this.start,
      },
      this.hooks('contexts'),
      signal,
    );
  }

  /** Begins where rows and contexts are; while Redis is unavailable, where the rows are. */
  static async create(
    deps: PartitionDependencies,
    lease: Lease,
    setAside: SetAsideSessions,
  ): Promise<PartitionProcessor> {
    deps.projection.forget(lease.prefixes);
    const checkpoint = deps.contexts.checkpoint(checkpointName(lease)).then((found) => found ?? null);
    return new PartitionProcessor(deps, lease, setAside, await checkpoint.catch(() => undefined));
  }

  /**
   * Runs until stopped.
   * @throws LeaseLostError when the partition has another owner, PartitionStoppedError when too many sessions are set
   * aside, CheckpointRegressedError when the contexts have to begin again
   */
  async run(): Promise<void> {
    const parts = [this.feed(), this.contextWriter.run(), this.tableWriter.run()];
    try {
      await Promise.race([Promise.all(parts), this.failed.promise]);
    } finally {
      this.abort.abort();
      await Promise.allSettled(parts);
    }
  }

  /** Stops after the batches that are being written. */
  stop(): void {
    this.abort.abort();
  }

  /** The connection to Redis was lost: checks, once it is restored, that no data was. */
  redisLost(): void {
    this.contextWriter.doubt();
  }

  redisBack(): void {
    this.contextWriter.check().catch(this.failed.reject);
  }

  /** The lease, at the current position of the rows. */
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
      slot: this.lease.partition,
      state: live ? 'live' : 'catching_up',
      position: position === null ? null : String(position),
      lag_s: age === null ? null : Math.max(0, age) / 1_000,
      waiting_for_redis: this.contextWriter.waiting,
      waiting_for_postgres: this.tableWriter.waiting,
      set_aside: this.setAside.size,
    };
  }

  private async feed(): Promise<void> {
    const { store, logger } = this.deps;
    const { partition, prefixes } = this.lease;
    const onInterruption = (err: unknown): void => {
      this.tableWriter.interrupted();
      if (!this.abort.signal.aborted) logger.warn({ err, partition }, 'subscription interrupted');
    };
    const options = {
      prefixes,
      after: this.start ?? ('start' as const),
      signal: this.abort.signal,
      onInterruption,
    };
    for await (const delivery of subscribeToSessions(store, options)) {
      if (delivery.kind === 'caught_up') this.tableWriter.caughtUp();
      else if (delivery.kind === 'checkpoint' || this.isSetAside(delivery)) this.pass(delivery.position);
      else if (delivery.kind === 'unprojectable') await this.setAsideAt(delivery);
      else {
        await this.contextWriter.push(delivery);
        await this.tableWriter.push(delivery);
      }
    }
  }

  /** Whether an event is of a session that is set aside, at it or before. */
  private isSetAside(delivery: Extract<Delivery, { session_id: string }>): boolean {
    if (this.setAside.size + this.undecodable.size === 0) return false;
    const revision = delivery.kind === 'event' ? delivery.event.revision : delivery.revision;
    return this.undecodable.has(delivery.session_id) || this.setAside.covers(delivery.session_id, revision);
  }

  /** The session is listed in the same transaction that moves the checkpoint beyond the event. */
  private async setAsideAt(delivery: Extract<Delivery, { kind: 'unprojectable' }>): Promise<void> {
    const { session_id, position, reason } = delivery;
    this.undecodable.add(session_id);
    this.contextWriter.pass(position);
    await this.tableWriter.push({
      session_id,
      position,
      setAside: setAside(session_id, delivery, reason, position),
    });
  }

  private pass(position: bigint): void {
    this.contextWriter.pass(position);
    this.tableWriter.pass(position);
  }

  private hooks(writer: WriterName): BatchWriterHooks {
    const { metrics, logger } = this.deps;
    const { partition } = this.lease;
    return {
      onWritten: (items, seconds) => metrics.written(writer, partition, items, seconds),
      onRetry: (err, attempt) => {
        metrics.retries.inc({ writer });
        // Two lines a minute at most, once the back-off is at its longest.
        if (attempt <= 2 || attempt % 15 === 0)
          logger.warn({ err, partition, writer, attempt }, 'batch is written again');
      },
    };
  }
}

/** The checkpoint belongs to the streams, not to the number of the partition, which changes with the division. */
function checkpointName({ prefixes }: Lease): string {
  return prefixes.join();
}
