import type { Lease, Stall } from '#partitions';
import { Progress, stallOf } from '#partitions';
import { repeat, retry, sleep } from '#platform';
import { CheckpointRegressedError, LeaseLostError } from '#read-models';
import { PositionBeyondEndError, positionAfterRestore } from '#sessions';
import type { PartitionDependencies } from '../common/dependencies.ts';
import { LeftBehindError } from '../common/left-behind.ts';
import type { PartitionStatus } from '../common/partition-status.ts';
import { PartitionStoppedError, SetAsideSessions } from '../set-aside/sessions.ts';
import { PartitionProcessor } from './processor.ts';

const restartDelayMs = 500;
/**
 * How often the markers of set-aside sessions in Redis are rewritten (ms), since Redis may have lost them unnoticed.
 */
const noteEveryMs = 30_000;
/** The pause after a redrive that could not try all of its sessions. */
const redrivePauseMs = 30_000;
/** How often the positions of the writers are checked (ms). */
const lookEveryMs = 500;
/** The longest delay of a timer, in milliseconds: 24 days. */
const forever = 2 ** 31 - 1;

/** Keeps a partition running as long as it is owned, and manages its set-aside sessions. */
export class PartitionSupervisor {
  /** Settles when the partition was stopped or has another owner. Never rejects. */
  readonly ended: Promise<void>;
  private readonly stopping = new AbortController();
  private readonly setAside: SetAsideSessions;
  private processor: PartitionProcessor | undefined;
  /** Where the next processor begins. */
  private progress: Lease;
  /** The sessions to retry before the next processor begins; undefined: all of them. */
  private redriven: readonly string[] | undefined;
  private redriveAfter = 0;
  private notedAt = performance.now();
  private isStopped = false;
  private readonly writers = { contexts: new Progress(), rows: new Progress() };
  /** Ends the wait of a stopped partition. */
  private resume = new AbortController();

  constructor(
    private readonly deps: PartitionDependencies,
    readonly lease: Lease,
    /** Called when another instance, or a rebuild, has taken over the partition. */
    private readonly onLeaseLost: () => void,
  ) {
    this.progress = lease;
    this.setAside = new SetAsideSessions(deps, lease);
    this.ended = this.run();
    const { signal } = this.stopping;
    void repeat(() => this.look(), { everyMs: lookEveryMs, signal, onError: () => undefined });
  }

  /** Its writers, and how long each has made no progress. */
  stalls(): Stall[] {
    return (['contexts', 'rows'] as const).map((writer) =>
      stallOf(this.lease.partition, writer, this.writers[writer]),
    );
  }

  /** The event store has answered at a time. Returns whether the rows hold all events up to then. */
  confirm(at: Date): boolean {
    return !this.isStopped && this.processor?.confirm(at) === true;
  }

  /** Whether the rows are ahead of the event store. */
  get isAheadOfStore(): boolean {
    return this.progress.aheadOf !== null;
  }

  /** Undefined between two runs. */
  status(): PartitionStatus | undefined {
    const status = this.processor?.status();
    return status && this.isStopped ? { ...status, state: 'stopped' } : status;
  }

  /** Whether it has caught up with its streams. */
  get isLive(): boolean {
    return this.status()?.state === 'live';
  }

  /** Rewrites the rows of a session between two batches, and removes its context. @throws LeaseLostError */
  async heal(sessionId: string): Promise<void> {
    if (this.processor === undefined) throw new Error(`Partition ${this.lease.partition} is not running.`);
    await this.processor.heal(sessionId);
  }

  redisLost(): void {
    this.processor?.redisLost();
  }

  redisBack(): void {
    this.processor?.redisBack();
    void this.setAside.note();
  }

  /** Retries set-aside sessions, then resumes the partition, even if it had stopped. */
  redrive(sessionIds: readonly string[]): void {
    if (performance.now() < this.redriveAfter) return;
    this.redriven = sessionIds;
    this.processor?.stop();
    this.resume.abort();
  }

  /** Called with each heartbeat. */
  async refreshNotes(): Promise<void> {
    if (performance.now() - this.notedAt < noteEveryMs) return;
    this.notedAt = performance.now();
    await this.setAside.note();
  }

  /** Stops after the current batches. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.processor?.stop();
    await this.ended;
  }

  /** Between two runs there is no progress. */
  private look(): void {
    const states = this.processor?.writers();
    if (states === undefined) return;
    this.writers.rows.observe(states.rows);
    this.writers.contexts.observe(states.contexts);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const onRetry = (error: unknown): void => this.logRestart(error);
    const restart = { signal, minMs: restartDelayMs, maxMs: restartDelayMs, isRetryable, onRetry };
    try {
      await retry(() => this.setAside.load(), restart);
      while (!signal.aborted) await retry(() => this.project(), restart);
    } catch {
      this.deps.logger.warn({ partition: this.lease.partition }, 'partition has another owner now');
      this.onLeaseLost();
    } finally {
      this.stopping.abort();
    }
  }

  /** One run of the partition, until it is stopped, redriven or fails. */
  private async project(): Promise<void> {
    const complete = await this.setAside.retry(this.redriven);
    this.redriven = [];
    if (!complete) this.redriveAfter = performance.now() + redrivePauseMs;
    await this.setAside.note();
    const processor = await PartitionProcessor.create(this.deps, this.progress, this.setAside);
    if (this.stopping.signal.aborted) return;
    this.processor = processor;
    let restored: PositionBeyondEndError | undefined;
    try {
      await processor.run();
    } catch (error) {
      if (error instanceof PartitionStoppedError) await this.untilRedrive(error);
      else if (error instanceof PositionBeyondEndError) restored = error;
      else throw error;
    } finally {
      this.progress = processor.progress;
      this.processor = undefined;
    }
    if (restored) await this.goBack(restored);
  }

  /**
   * The event store was restored to an earlier state. Contexts that are ahead of it are removed, and folded again
   * when they are needed. Rows continue with the new events of the store; rows beyond it are removed by a rebuild.
   */
  private async goBack({ head, message }: PositionBeyondEndError): Promise<void> {
    const { contexts, leases, logger, store } = this.deps;
    const { partition, prefixes } = this.lease;
    logger.error({ partition }, message);
    const checkpoint = await contexts.checkpoints.read(prefixes);
    if (checkpoint !== undefined && checkpoint > head) await contexts.checkpoints.deletePartition(prefixes);
    const { position } = this.progress;
    if (position !== null && position > head) {
      const start = await positionAfterRestore(store, await leases.savedAt(this.lease));
      await leases.goBack(this.lease, start, head);
      this.progress = { ...this.progress, position: start, aheadOf: head };
    }
    // The events for which they are set aside may be gone.
    this.redriven = undefined;
  }

  private async untilRedrive(error: PartitionStoppedError): Promise<void> {
    this.deps.logger.error({ partition: this.lease.partition }, error.message);
    this.resume = new AbortController();
    this.isStopped = true;
    await sleep(forever, AbortSignal.any([this.resume.signal, this.stopping.signal]));
    this.isStopped = false;
  }

  private logRestart(err: unknown): void {
    for (const progress of Object.values(this.writers)) progress.failed(err);
    const { partition } = this.lease;
    if (err instanceof CheckpointRegressedError)
      this.deps.logger.warn(
        { partition },
        'Redis is available again in an older state: contexts are written again',
      );
    else if (err instanceof LeftBehindError)
      this.deps.logger.warn({ partition }, `partition restarts: ${err.message}`);
    else this.deps.logger.error({ err, partition }, 'partition failed and restarts');
  }
}

function isRetryable(error: unknown): boolean {
  return !(error instanceof LeaseLostError);
}
