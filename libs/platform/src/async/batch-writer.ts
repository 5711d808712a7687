import type { BackOff } from './retry.ts';
import { retry } from './retry.ts';
import { sleep } from './sleep.ts';

/** The items of a writer: either each has a position, or none has. */
type PositionOf<T> = T extends { readonly position: bigint } ? bigint : undefined;

/** Items that are written together. */
export interface Batch<T> {
  readonly items: readonly T[];
  /** Everything up to here is in this batch or an earlier one; undefined when the items have no positions. */
  readonly position: PositionOf<T>;
}

/** The callbacks of a batch writer. */
export interface BatchWriterHooks {
  /** Called after each batch, with the number of its items and how long it took. */
  readonly onWritten?: (items: number, seconds: number) => void;
  /** Called after every failed attempt that is followed by another. */
  readonly onRetry: (error: unknown, attempt: number) => void;
}

export const batchWriterSizes = {
  capacity: 4_096,
  capacityBytes: 32 * 1_024 * 1_024,
  batchSize: 512,
  batchBytes: 4 * 1_024 * 1_024,
  passIntervalMs: 2_000,
  backOff: { maxMs: 1_000 },
};

export interface BatchWriterOptions<T> extends BatchWriterHooks {
  /** How many items may wait before `push` makes its caller wait. */
  readonly capacity: number;
  readonly batchSize: number;
  /** The same limit by the total size of the items; ignored without `sizeOf`. A batch has at least one item. */
  readonly capacityBytes?: number;
  readonly batchBytes?: number;
  readonly sizeOf?: (item: T) => number;
  /** The least time between two batches, in milliseconds, unless a full batch waits: more items then share one write. */
  readonly intervalMs: number;
  /** How long a position without items may wait to be written, in milliseconds. */
  readonly passIntervalMs: number;
  /** The pauses between the attempts to write a batch. */
  readonly backOff?: BackOff;
  /** Whether an item must be written together with the next one. If the next one does not arrive, it waits for `passIntervalMs`. */
  readonly isContinued?: (item: T) => boolean;
  readonly write: (batch: Batch<T>) => Promise<void>;
  /** Whether an error ends the writer; after any other error the batch is retried. */
  readonly isTerminal: (error: unknown) => boolean;
}

/** A bounded queue with one consumer, which writes everything queued as one batch. */
export class BatchWriter<T extends object> {
  private readonly queue: T[] = [];
  /** The sizes of the items in the queue, and their sum. */
  private readonly sizes: number[] = [];
  private bytes = 0;
  private passed: bigint | undefined;
  private notify: (() => void) | undefined;
  private room: (() => void) | undefined;
  private lastStart = 0;
  /** Only the beginning of items that belong together waits. */
  private incomplete = false;
  private overdue = false;
  private writing: readonly T[] = [];
  private writingBytes = 0;

  constructor(
    private readonly options: BatchWriterOptions<T>,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => {
      this.notify?.();
      this.room?.();
    });
  }

  /** The number of unwritten items. */
  get waiting(): number {
    return this.queue.length + this.writing.length;
  }

  /** The size of the unwritten items. */
  get waitingBytes(): number {
    return this.bytes + this.writingBytes;
  }

  /** What waits for a batch. */
  get queued(): { readonly items: number; readonly bytes: number } {
    return { items: this.queue.length, bytes: this.bytes };
  }

  /** Adds an item; resolves when there is room for the next. */
  async push(item: T): Promise<void> {
    const size = this.options.sizeOf?.(item) ?? 0;
    this.queue.push(item);
    this.sizes.push(size);
    this.bytes += size;
    this.notify?.();
    while (this.isFull && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.room = resolve;
      });
    }
  }

  /** Removes obsolete waiting items; not those being written. */
  discard(isUseless: (item: T) => boolean): void {
    const [items, sizes] = [this.queue.splice(0), this.sizes.splice(0)];
    this.bytes = 0;
    for (const [index, item] of items.entries()) {
      if (isUseless(item)) continue;
      const size = sizes[index] ?? 0;
      this.queue.push(item);
      this.sizes.push(size);
      this.bytes += size;
    }
    this.room?.();
  }

  /** Whether `push` waits for room. */
  get isFull(): boolean {
    const { capacity, capacityBytes = Infinity } = this.options;
    return this.queue.length >= capacity || this.bytes >= capacityBytes;
  }

  /** Whether everything that was pushed is written. */
  get idle(): boolean {
    return this.queue.length === 0 && this.writing.length === 0;
  }

  /** Declares that no item for this writer comes between the last item and this position. */
  pass(position: bigint): void {
    this.passed = position;
  }

  /** Writes batches until the signal aborts; throws a terminal error of the writer. */
  async run(): Promise<void> {
    while (!this.signal.aborted) {
      await this.untilWork();
      await this.pace();
      const batch = this.signal.aborted ? undefined : this.take();
      if (batch) await this.writeUntilDone(batch);
    }
  }

  private async untilWork(): Promise<void> {
    if ((this.queue.length > 0 && !this.incomplete) || this.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.overdue = this.incomplete;
        resolve();
      }, this.options.passIntervalMs);
      this.notify = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.notify = undefined;
  }

  private async pace(): Promise<void> {
    const rest = this.lastStart + this.options.intervalMs - performance.now();
    const { batchSize, batchBytes = Infinity } = this.options;
    const isFull = this.queue.length >= batchSize || this.bytes >= batchBytes;
    if (rest > 0 && !isFull) await sleep(rest, this.signal);
    this.lastStart = performance.now();
  }

  private take(): Batch<T> | undefined {
    const count = this.nextSize();
    const items = this.queue.splice(0, count);
    this.writingBytes = this.sizes.splice(0, count).reduce((sum, size) => sum + size, 0);
    this.bytes -= this.writingBytes;
    this.overdue = false;
    this.incomplete = items.length === 0 && this.queue.length > 0;
    this.writing = items;
    this.room?.();
    this.room = undefined;
    const drained = this.queue.length === 0;
    const last = positionOf(items.at(-1));
    const passed = drained ? this.passed : undefined;
    if (drained) this.passed = undefined;
    const position = passed !== undefined && (last === undefined || passed > last) ? passed : last;
    if (items.length === 0 && position === undefined) return undefined;
    return { items, position: position as PositionOf<T> };
  }

  /** The size of the next batch, which must not end between items that belong together. */
  private nextSize(): number {
    const { batchSize, isContinued = () => false } = this.options;
    const whole = (size: number): boolean => {
      const last = this.queue[size - 1];
      return last === undefined || !isContinued(last);
    };
    const least = this.fitting();
    let size = least;
    while (size < this.queue.length && size < 2 * batchSize && !whole(size)) size += 1;
    if (this.overdue || whole(size)) return size;
    size = least;
    while (!whole(size)) size -= 1;
    return size;
  }

  /** How many items fit into one batch; at least one. */
  private fitting(): number {
    const { batchSize, batchBytes = Infinity } = this.options;
    let count = 0;
    for (let sum = 0; count < Math.min(batchSize, this.sizes.length); count += 1) {
      sum += this.sizes[count] ?? 0;
      if (sum > batchBytes && count > 0) break;
    }
    return count;
  }

  private async writeUntilDone(batch: Batch<T>): Promise<void> {
    const { write, isTerminal, onRetry, onWritten, backOff } = this.options;
    const start = performance.now();
    const work = async (): Promise<true> => {
      await write(batch);
      return true;
    };
    const isRetryable = (error: unknown): boolean => !isTerminal(error);
    const written = await retry(work, { ...backOff, signal: this.signal, isRetryable, onRetry });
    if (!written) return;
    this.writing = [];
    this.writingBytes = 0;
    onWritten?.(batch.items.length, (performance.now() - start) / 1_000);
  }
}

function positionOf(item: object | undefined): bigint | undefined {
  return item && 'position' in item ? (item.position as bigint) : undefined;
}
