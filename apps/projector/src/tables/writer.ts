import { isContinued } from '#domain';
import type { Lease } from '#partitions';
import type { Batch, BatchWriterHooks } from '#platform';
import { BatchWriter, batchWriterSizes, Semaphore } from '#platform';
import type { RowsStore, TableItem } from '#read-models';
import { isDeletion, LeaseLostError, sizeOfItem } from '#read-models';
import { LeftBehind, LeftBehindError } from '../common/left-behind.ts';
import type { SetAsideSessions } from '../set-aside/sessions.ts';
import { PartitionStoppedError } from '../set-aside/sessions.ts';
import { StatementSize } from './statement-size.ts';

interface TableWriterOptions {
  readonly rows: RowsStore;
  readonly lease: Lease;
  readonly owner: string;
  readonly setAside: SetAsideSessions;
  /** Maximum bytes that may wait. */
  readonly bytes: number;
  readonly writes: Semaphore;
  /** Whether this writer has received all events. */
  readonly isUpToDate: () => boolean;
}

/**
 * Writes a partition's rows to PostgreSQL: rows and checkpoint in one transaction, if the partition is still owned.
 */
export class TableWriter {
  private readonly batches: BatchWriter<TableItem>;
  private readonly mutex = new Semaphore(1);
  private readonly statements = new StatementSize();
  private readonly leftBehind = new LeftBehind<TableItem>();
  private written: bigint | null;
  private current: string | null = null;

  constructor(
    private readonly options: TableWriterOptions,
    hooks: BatchWriterHooks,
    signal: AbortSignal,
  ) {
    this.written = options.lease.position;
    this.batches = new BatchWriter(
      {
        ...batchWriterSizes,
        capacityBytes: options.bytes,
        sizeOf: sizeOfItem,
        ...hooks,
        intervalMs: 200,
        isContinued: goesOn,
        write: (batch) => this.exclusively(() => options.writes.run(() => this.write(batch))),
        isTerminal: (error) =>
          error instanceof LeaseLostError ||
          error instanceof PartitionStoppedError ||
          error instanceof LeftBehindError,
        onRetry: (error, attempt) => {
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

  /** Whether everything that it has received is written. */
  get idle(): boolean {
    return this.batches.idle && !this.leftBehind.is;
  }

  /** Commit position up to which the rows are written. */
  get position(): bigint | null {
    return this.written;
  }

  /** Time (ISO 8601) up to which the rows are known to be current; null: not known yet. */
  get currentUntil(): string | null {
    return this.current;
  }

  /** Adds an event, unless its rows are already written. Resolves when there is room for more. */
  async push(item: TableItem): Promise<void> {
    const { position } = this.options.lease;
    if (this.leftBehind.is) return;
    if (position === null || item.position > position) await this.batches.push(item);
  }

  pass(position: bigint): void {
    if (!this.leftBehind.is) this.batches.pass(position);
  }

  /** The rows hold all events up to a time. */
  confirm(at: Date): void {
    this.current = at.toISOString();
  }

  run(): Promise<void> {
    return this.batches.run();
  }

  /** Runs work while no batch is being written. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.mutex.run(work);
  }

  /** Items that an earlier attempt has written are left out. */
  private async write({ items, position }: Batch<TableItem>): Promise<void> {
    const { written } = this;
    if (written !== null && position <= written) return;
    const rest = written === null ? items : items.filter((item) => item.position > written);
    const parts = this.statements.divide(rest, goesOn);
    try {
      for (const [index, part] of parts.entries()) {
        const isLast = index === parts.length - 1;
        const until = isLast && this.isUpToDateWith(items) ? new Date().toISOString() : timeOf(part.at(-1));
        const end = isLast ? position : (part.at(-1)?.position ?? position);
        await this.leftBehind.write(() => this.writePart(part, end, until ?? this.current));
      }
      this.statements.written();
    } catch (error) {
      this.statements.failed(error, rest.length);
      throw error;
    }
  }

  private async writePart(
    items: readonly TableItem[],
    position: bigint,
    until: string | null,
  ): Promise<void> {
    const { rows, lease, owner, setAside } = this.options;
    const writer = { partition: lease.partition, epoch: lease.epoch, owner, position: this.written };
    const storable = setAside.size === 0 ? items : items.filter((item) => !isCovered(setAside, item));
    const failures = await rows.write(writer, storable, position, until);
    this.written = position;
    this.current = until;
    for (const item of items) if (isDeletion(item)) setAside.forget(item);
    await setAside.added(failures);
  }

  /** Whether no item follows those being written; this may change until the next attempt. */
  private isUpToDateWith(items: readonly TableItem[]): boolean {
    return this.options.isUpToDate() && !this.leftBehind.is && this.waiting === items.length;
  }
}

/** Whether the next item belongs to the same command. */
function goesOn(item: TableItem): boolean {
  return 'event' in item && isContinued(item.event.metadata);
}

function isCovered(setAside: SetAsideSessions, item: TableItem): boolean {
  return 'event' in item && setAside.covers(item.session_id, item.event.revision);
}

function timeOf(item: TableItem | undefined): string | undefined {
  if (item === undefined || !('event' in item)) return undefined;
  const at = Date.parse(item.event.metadata.occurred_at);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
