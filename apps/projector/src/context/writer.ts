import { isContinued } from '#domain';
import type { Batch, BatchWriterHooks } from '#platform';
import { BatchWriter, batchWriterSizes } from '#platform';
import type { ContextCheckpoint, ContextProjection, ContextStore, Deletion, Positioned } from '#read-models';
import { CheckpointRegressedError, divide, isDeletion, nothingWritten, sizeOfItem } from '#read-models';
import { LeftBehind, LeftBehindError } from '../common/left-behind.ts';
import type { Exclusively, SetAsideSessions } from '../set-aside/sessions.ts';
import { PartitionStoppedError } from '../set-aside/sessions.ts';

const checkpointIntervalMs = 100;
/** The input of the context writer. */
type ContextItem = Positioned | Deletion;

interface ContextWriterOptions {
  readonly contexts: ContextStore;
  readonly projection: ContextProjection;
  readonly setAside: SetAsideSessions;
  readonly exclusively: Exclusively;
  /** Maximum bytes that may wait. */
  readonly bytes: number;
  /** The prefixes of the partition's streams. */
  readonly prefixes: readonly string[];
  /** The checkpoint found in Redis; null: none; undefined: Redis did not answer. */
  readonly found: bigint | null | undefined;
  /** Where the subscription begins. */
  readonly start: bigint | null;
}

/**
 * Writes a partition's contexts to Redis. The checkpoint is stored in Redis too, after the contexts, so that a
 * checkpoint that went back reveals that the contexts went back with it. Nothing else would reveal it: an idle
 * session has no next event.
 */
export class ContextWriter {
  private readonly batches: BatchWriter<ContextItem>;
  private readonly leftBehind = new LeftBehind<ContextItem>();
  /** The position up to which contexts are written, and the last checkpoint that is certainly in Redis. */
  private written: bigint | null;
  private checkpoint: bigint | null;
  /** A counter of events that cast doubt on the data in Redis, and its value at the last check. */
  private doubts = 1;
  private checked = 0;
  private checkpointedAt = 0;

  constructor(
    private readonly options: ContextWriterOptions,
    hooks: BatchWriterHooks,
    signal: AbortSignal,
  ) {
    const { found, start } = options;
    this.checkpoint = found ?? start;
    this.written = this.checkpoint;
    this.batches = new BatchWriter<ContextItem>(
      {
        ...batchWriterSizes,
        capacityBytes: options.bytes,
        sizeOf: sizeOfItem,
        ...hooks,
        intervalMs: 10,
        passIntervalMs: 2 * checkpointIntervalMs,
        isContinued: (item) => !isDeletion(item) && isContinued(item.event.metadata),
        write: (batch) => this.leftBehind.write(() => this.write(batch)),
        isTerminal: (error) =>
          error instanceof CheckpointRegressedError ||
          error instanceof PartitionStoppedError ||
          error instanceof LeftBehindError,
        onRetry: (error, attempt) => {
          this.doubts += 1;
          this.leftBehind.afterFailure(this.batches);
          hooks.onRetry(error, attempt);
        },
      },
      signal,
    );
  }

  get waiting(): number {
    return this.batches.waiting;
  }

  /** Approximate memory of the waiting events, in bytes. */
  get waitingBytes(): number {
    return this.batches.waitingBytes;
  }

  /** Commit position up to which the contexts are written. */
  get position(): bigint | null {
    return this.written;
  }

  /** Adds an event, unless its context is already written. Resolves when there is room for more. */
  async push(item: ContextItem): Promise<void> {
    const { found } = this.options;
    if (this.leftBehind.is) return;
    if (typeof found !== 'bigint' || item.position > found) await this.batches.push(item);
  }

  pass(position: bigint): void {
    if (!this.leftBehind.is) this.batches.pass(position);
  }

  run(): Promise<void> {
    return this.batches.run();
  }

  /** The connection to Redis was lost: written data may be lost too. */
  doubt(): void {
    this.doubts += 1;
  }

  /** After a doubt, compares the checkpoint in Redis with the last written one. @throws CheckpointRegressedError */
  async check(): Promise<void> {
    while (this.checked !== this.doubts) await this.compare();
  }

  private async compare(): Promise<void> {
    const { doubts } = this;
    const { contexts, prefixes } = this.options;
    const stored = await contexts.checkpoints.read(prefixes);
    const wentBack = stored !== undefined && this.checkpoint !== null && stored < this.checkpoint;
    if (wentBack || this.written !== this.checkpoint) throw new CheckpointRegressedError();
    // Without a checkpoint (a new partition, a flushed Redis) a later loss of contexts could not be detected.
    if (stored === undefined)
      await contexts.checkpoints.begin({ prefixes, position: this.checkpoint ?? nothingWritten });
    this.checked = doubts;
  }

  private async write({ items, position }: Batch<ContextItem>): Promise<void> {
    const { contexts, prefixes } = this.options;
    await this.check();
    const { doubts, written } = this;
    if (items.length === 0) {
      await contexts.checkpoints.save({ prefixes, position });
      this.checkpoint = position;
      this.written = position;
      return;
    }
    const waited = performance.now() - this.checkpointedAt;
    const due = waited > checkpointIntervalMs && !items.every(isDeletion);
    const checkpoint =
      due && written !== null && written !== this.checkpoint ? { prefixes, position: written } : undefined;
    let unsaved = checkpoint;
    for (const part of divide<Positioned>(items, position)) {
      if ('deletion' in part) {
        await this.options.projection.delete(part.deletion);
      } else {
        await this.project(part.items, unsaved);
        unsaved = undefined;
      }
      this.assertNoDoubtSince(doubts);
    }
    if (checkpoint) {
      this.checkpoint = written;
      this.checkpointedAt = performance.now();
    }
    this.written = position;
    // Without further events the checkpoint is written alone.
    this.batches.pass(position);
  }

  /**
   * A checkpoint must not cover contexts written before Redis was lost.
   * @throws CheckpointRegressedError
   */
  private assertNoDoubtSince(doubts: number): void {
    if (this.doubts !== doubts) throw new CheckpointRegressedError();
  }

  private async project(
    items: readonly Positioned[],
    checkpoint: ContextCheckpoint | undefined,
  ): Promise<void> {
    const { projection, setAside, exclusively } = this.options;
    const projectable =
      setAside.size === 0
        ? items
        : items.filter(({ session_id, event }) => !setAside.covers(session_id, event.revision));
    const result = await projection.write(projectable, checkpoint);
    for (const sessionId of result.setAside) {
      const isListed = setAside.covers(sessionId, Number.MAX_SAFE_INTEGER);
      if (!isListed) await projection.restore(sessionId);
    }
    if (result.failures.length > 0) await setAside.add(result.failures, projectable, exclusively);
  }
}
