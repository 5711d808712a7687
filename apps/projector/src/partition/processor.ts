import type { Lease, WriterState } from '#partitions';
import { partitionNumber } from '#partitions';
import type { BatchWriterHooks } from '#platform';
import { retry } from '#platform';
import { itemOf, setAsideEntry } from '#read-models';
import type { Delivery } from '#sessions';
import { checkWithinLog, PositionBeyondEndError } from '#sessions';
import { ContextWriter } from '../context/writer.ts';
import type { PartitionDependencies } from '../common/dependencies.ts';
import type { WriterName } from '../common/metrics.ts';
import type { PartitionStatus } from '../common/partition-status.ts';
import { healSession } from '../tables/heal.ts';
import type { SetAsideSessions } from '../set-aside/sessions.ts';
import { TableWriter } from '../tables/writer.ts';

/**
 * Projects one partition: one subscription feeds a writer for the contexts and one for the rows. Runs once; the
 * supervisor starts another one after a failure.
 */
export class PartitionProcessor {
  private readonly abort = new AbortController();
  private readonly contextWriter: ContextWriter;
  private readonly tableWriter: TableWriter;
  private readonly start: bigint | null;
  /** The revisions at which sessions are set aside; they may not be written yet. */
  private readonly undecodable = new Map<string, number>();
  private readonly failed = Promise.withResolvers<never>();
  /** Why writers could not write their current batch. */
  private readonly failures = new Map<WriterName, unknown>();
  /** Whether the subscription has reached the end of the store and has not fallen behind since. */
  private caughtUp = false;
  /** Whether a delivery is being passed to the writers, which do not know it yet. */
  private taking = false;

  private constructor(
    private readonly deps: PartitionDependencies,
    private readonly lease: Lease,
    private readonly setAside: SetAsideSessions,
    private readonly found: bigint | null | undefined,
  ) {
    const { contexts, projection, rows, settings } = deps;
    const { position } = lease;
    const behind = typeof found === 'bigint' && position !== null && found < position;
    const start = behind ? found : position;
    this.start = start !== null && start < 0n ? null : start;
    const { signal } = this.abort;
    const isUpToDate = (): boolean => this.live;
    const { instance: owner } = settings;
    // A partition has two writers, and this instance may own all partitions.
    const bytes = settings.queueBytes / (2 * lease.of);
    const tables = { rows, lease, owner, setAside, bytes, writes: deps.writes, isUpToDate };
    this.tableWriter = new TableWriter(tables, this.hooks('rows'), signal);
    this.contextWriter = new ContextWriter(
      {
        contexts,
        projection,
        setAside,
        bytes,
        exclusively: (work) => this.tableWriter.exclusively(work),
        prefixes: lease.prefixes,
        found,
        start: this.start,
      },
      this.hooks('contexts'),
      signal,
    );
  }

  /** Begins at the positions of rows and contexts; while Redis is unavailable, at the position of the rows. */
  static async create(
    deps: PartitionDependencies,
    lease: Lease,
    setAside: SetAsideSessions,
  ): Promise<PartitionProcessor> {
    deps.projection.forget(lease.prefixes);
    const checkpoint = deps.contexts.checkpoints.read(lease.prefixes).then((found) => found ?? null);
    return new PartitionProcessor(deps, lease, setAside, await checkpoint.catch(() => undefined));
  }

  /**
   * Runs until stopped.
   * @throws LeaseLostError when the partition has another owner, PartitionStoppedError when too many sessions are set
   * aside, CheckpointRegressedError when the contexts have to start over
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

  /** Stops after the current batches. */
  stop(): void {
    this.abort.abort();
  }

  /** Rewrites the rows of a session between two batches, and removes its context. @throws LeaseLostError */
  async heal(sessionId: string): Promise<void> {
    const { partition, epoch } = this.lease;
    const owner = { partition, epoch, owner: this.deps.settings.instance };
    await this.tableWriter.exclusively(() => healSession(this.deps, owner, this.setAside, sessionId));
    if (!this.setAside.covers(sessionId, Number.MAX_SAFE_INTEGER)) this.undecodable.delete(sessionId);
  }

  /** The connection to Redis was lost: once it is restored, checks that no data was lost. */
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

  /** The state of its writers. */
  writers(): Record<WriterName, WriterState> {
    const { contextWriter, tableWriter, failures } = this;
    const rows = { position: tableWriter.position, isBehind: !this.idle };
    const contexts = {
      position: contextWriter.position,
      isBehind: !this.live || contextWriter.waiting > 0,
    };
    return {
      rows: { ...rows, failure: failures.get('rows') },
      contexts: { ...contexts, failure: failures.get('contexts') },
    };
  }

  /** Whether the rows hold all events. */
  get idle(): boolean {
    return this.live && this.tableWriter.idle;
  }

  /** The event store has answered at a time; if the rows hold all events, they are current until then. */
  confirm(at: Date): boolean {
    if (this.idle) this.tableWriter.confirm(at);
    return this.idle;
  }

  /** Whether the writers have received all events. */
  private get live(): boolean {
    return this.caughtUp && !this.taking;
  }

  status(): PartitionStatus {
    const { position, currentUntil } = this.tableWriter;
    const age = currentUntil === null ? null : Date.now() - Date.parse(currentUntil);
    return {
      slot: partitionNumber(this.lease.partition),
      state: this.live ? 'live' : 'catching_up',
      position: position === null ? null : String(position),
      lag_s: age === null ? null : Math.max(0, age) / 1_000,
      waiting_for_redis: this.contextWriter.waiting,
      waiting_for_postgres: this.tableWriter.waiting,
      bytes_waiting: this.contextWriter.waitingBytes + this.tableWriter.waitingBytes,
      set_aside: this.setAside.size,
      ahead_of_store: this.lease.aheadOf !== null,
    };
  }

  private async feed(): Promise<void> {
    const { subscriptions, logger } = this.deps;
    const { partition, prefixes } = this.lease;
    const onInterruption = (err: unknown): void => {
      this.caughtUp = false;
      if (!this.abort.signal.aborted) logger.warn({ err, partition }, 'subscription interrupted');
    };
    const options = {
      prefixes,
      after: this.start ?? ('start' as const),
      signal: this.abort.signal,
      onInterruption,
    };
    await this.checkPositions();
    for await (const delivery of subscriptions.subscribe(options)) {
      this.taking = true;
      await this.take(delivery);
      this.taking = false;
    }
  }

  /** @throws PositionBeyondEndError when rows or contexts are ahead of the store */
  private async checkPositions(): Promise<void> {
    const { store, logger } = this.deps;
    const { partition, position } = this.lease;
    const reached = [position ?? 0n, this.found ?? 0n].reduce((a, b) => (a > b ? a : b));
    await retry(() => checkWithinLog(store, reached), {
      signal: this.abort.signal,
      isRetryable: (error) => !(error instanceof PositionBeyondEndError),
      onRetry: (err, attempt) => {
        if (attempt === 1) logger.warn({ err, partition }, 'position not compared with the event store yet');
      },
    });
  }

  private async take(delivery: Delivery): Promise<void> {
    if (delivery.kind === 'caught_up') this.caughtUp = true;
    else if (delivery.kind === 'fell_behind') this.caughtUp = false;
    else if (delivery.kind === 'deleted') await this.delete(delivery);
    else if (delivery.kind === 'checkpoint' || delivery.kind === 'access') this.pass(delivery.position);
    else if (this.isSetAside(delivery)) this.pass(delivery.position);
    else if (delivery.kind === 'unprojectable') await this.setAsideAt(delivery);
    else {
      await this.contextWriter.push(delivery);
      await this.tableWriter.push(itemOf(delivery));
    }
  }

  /** Whether an event belongs to a session that is set aside at this event or an earlier one. */
  private isSetAside(delivery: Extract<Delivery, { kind: 'event' | 'unprojectable' }>): boolean {
    if (this.setAside.size + this.undecodable.size === 0) return false;
    const revision = delivery.kind === 'event' ? delivery.event.revision : delivery.revision;
    const from = this.undecodable.get(delivery.session_id) ?? Infinity;
    return revision >= from || this.setAside.covers(delivery.session_id, revision);
  }

  /** The effects of the session's earlier events are deleted; it is no longer set aside if it was at one of them. */
  private async delete(delivery: Extract<Delivery, { kind: 'deleted' }>): Promise<void> {
    const { session_id, before, position } = delivery;
    if ((this.undecodable.get(session_id) ?? before) < before) this.undecodable.delete(session_id);
    this.setAside.forget(delivery);
    await this.contextWriter.push({ session_id, before, position });
    await this.tableWriter.push({ session_id, before, position });
  }

  /** The session is listed in the transaction that moves the checkpoint past the event. */
  private async setAsideAt(delivery: Extract<Delivery, { kind: 'unprojectable' }>): Promise<void> {
    const { session_id, revision, position, reason } = delivery;
    this.undecodable.set(session_id, revision);
    this.contextWriter.pass(position);
    await this.tableWriter.push({
      session_id,
      position,
      setAside: setAsideEntry(session_id, delivery, reason, position),
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
      onWritten: (items, seconds) => {
        this.failures.delete(writer);
        metrics.written(writer, partitionNumber(partition), items, seconds);
      },
      onRetry: (err, attempt) => {
        this.failures.set(writer, err);
        metrics.retries.inc({ writer });
        // At most two lines a minute once the back-off has reached its maximum.
        if (attempt <= 2 || attempt % 15 === 0)
          logger.warn({ err, partition, writer, attempt }, 'batch is written again');
      },
    };
  }
}
