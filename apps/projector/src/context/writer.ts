import type { ContextProjection, ContextStore, Positioned } from '#read-models';
import type { Batch, BatchWriterHooks } from '../../../../libs/platform/src/async/batch-writer.ts';
import { BatchWriter, batchWriterSizes } from '../../../../libs/platform/src/async/batch-writer.ts';

/** Thrown when Redis came back in an older state than was written: the slot begins again from where Redis is. */
export class CheckpointRegressedError extends Error {
  constructor() {
    super('Redis came back in an older state.');
  }
}

const markIntervalMs = 100;
/** The mark of a slot of which nothing is written yet. */
const beforeAll = -1n;

export interface ContextWriterOptions {
  readonly contexts: ContextStore;
  readonly projection: ContextProjection;
  /** Name of the slot's mark in Redis. */
  readonly name: string;
  /** The mark that was found there; null: none; undefined: Redis did not answer. */
  readonly found: bigint | null | undefined;
  /** Where the subscription begins. */
  readonly start: bigint | null;
}

/**
 * A slot's way into Redis. How far it came (the mark) is kept in Redis too, written after the contexts, so that a mark
 * that went back tells that contexts went back with it. Nobody else would notice: a quiet session has no next event.
 */
export class ContextWriter {
  private readonly lane: BatchWriter<Positioned>;
  /** Up to where contexts are written, and the last mark of it that is in Redis for certain. */
  private done: bigint | null;
  private marked: bigint | null;
  private inDoubt = true;
  private markedAt = 0;

  constructor(
    private readonly options: ContextWriterOptions,
    hooks: BatchWriterHooks,
    signal: AbortSignal,
  ) {
    const { found, start } = options;
    this.marked = found ?? start;
    this.done = this.marked;
    this.lane = new BatchWriter(
      {
        ...batchWriterSizes,
        ...hooks,
        intervalMs: 10,
        passIntervalMs: 2 * markIntervalMs,
        write: (batch) => this.write(batch),
        isTerminal: (error) => error instanceof CheckpointRegressedError,
        onRetry: (error, attempt) => {
          this.inDoubt = true;
          hooks.onRetry(error, attempt);
        },
      },
      signal,
    );
  }

  get waiting(): number {
    return this.lane.waiting;
  }

  /** Adds an event, unless its context was written before. Resolves when there is room for more. */
  async push(item: Positioned): Promise<void> {
    const { found } = this.options;
    if (typeof found !== 'bigint' || item.position > found) await this.lane.push(item);
  }

  pass(position: bigint): void {
    this.lane.pass(position);
  }

  run(): Promise<void> {
    return this.lane.run();
  }

  /** The connection to Redis was lost: what was written may be lost too. */
  doubt(): void {
    this.inDoubt = true;
  }

  /** In doubt, compares the mark in Redis with the one that was written. @throws CheckpointRegressedError */
  async check(): Promise<void> {
    if (!this.inDoubt) return;
    const stored = await this.options.contexts.mark(this.options.name);
    const wentBack = stored !== undefined && this.marked !== null && stored < this.marked;
    if (wentBack || this.done !== this.marked) throw new CheckpointRegressedError();
    // With no mark there (a new slot, a flushed Redis), contexts that fall behind the rows would not be found again.
    if (stored === undefined)
      await this.options.contexts.setMark(this.options.name, this.marked ?? beforeAll);
    this.inDoubt = false;
  }

  private async write({ items, position }: Batch<Positioned>): Promise<void> {
    const { contexts, projection, name } = this.options;
    await this.check();
    const { done } = this;
    if (items.length === 0) {
      await contexts.setMark(name, position);
      this.marked = position;
      this.done = position;
      return;
    }
    const due = performance.now() - this.markedAt > markIntervalMs;
    const mark = due && done !== null && done !== this.marked ? { name, position: done } : undefined;
    await projection.write(items, mark);
    if (mark) {
      this.marked = done;
      this.markedAt = performance.now();
    }
    this.done = position;
    // With no more events to carry it, the mark is written by itself.
    this.lane.pass(position);
  }
}
