import type { Positioned, RowFailure, RowsStore } from '#read-models';
import type { Lease } from '#partitions';
import { LeaseLostError } from '#read-models';
import type { Batch, BatchWriterHooks } from '../../../../libs/platform/src/async/batch-writer.ts';
import { BatchWriter, batchWriterSizes } from '../../../../libs/platform/src/async/batch-writer.ts';

export interface TableWriterOptions {
  readonly rows: RowsStore;
  readonly lease: Lease;
  readonly owner: string;
  readonly onFailures: (failures: readonly RowFailure[]) => void;
}

/** A slot's way into PostgreSQL: rows and checkpoint in one transaction, as long as the slot is held. */
export class TableWriter {
  private readonly lane: BatchWriter<Positioned>;
  private at: bigint | null;
  private current: string | null = null;
  /** Whether the subscription is at the end of the store: drained then means up to date. */
  live = false;

  constructor(
    private readonly options: TableWriterOptions,
    hooks: BatchWriterHooks,
    signal: AbortSignal,
  ) {
    this.at = options.lease.position;
    this.lane = new BatchWriter(
      {
        ...batchWriterSizes,
        ...hooks,
        intervalMs: 50,
        write: (batch) => this.write(batch),
        isTerminal: (error) => error instanceof LeaseLostError,
      },
      signal,
    );
  }

  get waiting(): number {
    return this.lane.waiting;
  }

  /** Whether the rows hold all that there is. */
  get idle(): boolean {
    return this.live && this.lane.idle;
  }

  /** Commit position up to which the rows are written. */
  get position(): bigint | null {
    return this.at;
  }

  /** Time (ISO 8601) up to which the rows are known to be current; null: not known yet. */
  get currentUntil(): string | null {
    return this.idle ? new Date().toISOString() : this.current;
  }

  /** Adds an event, unless its rows were written before. Resolves when there is room for more. */
  async push(item: Positioned): Promise<void> {
    const { position } = this.options.lease;
    if (position === null || item.position > position) await this.lane.push(item);
  }

  pass(position: bigint): void {
    this.lane.pass(position);
  }

  run(): Promise<void> {
    return this.lane.run();
  }

  private async write({ items, position, drained }: Batch<Positioned>): Promise<void> {
    if (this.at !== null && position <= this.at) return;
    const { rows, lease, owner, onFailures } = this.options;
    const until = this.live && drained ? new Date().toISOString() : (timeOf(items.at(-1)) ?? this.current);
    const writer = { slot: lease.slot, epoch: lease.epoch, owner, position: this.at };
    const failures = await rows.write(writer, items, position, until);
    this.at = position;
    this.current = until;
    if (failures.length > 0) onFailures(failures);
  }
}

function timeOf(item: Positioned | undefined): string | undefined {
  const at = Date.parse(item?.event.metadata.occurred_at ?? '');
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
