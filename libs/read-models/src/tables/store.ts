import type { Pool, QueryConfig } from 'pg';
import type { DataKeys } from '#privacy';
import { BlindIndex, UnknownKeyError } from '#privacy';
import type { TextSearchScope } from '../text-search/config.ts';
import { isUuid } from './changes.ts';
import type { Deletion, StorableItem, TableItem } from './items.ts';
import { batchTexts, changesOf, divide, forgetDeleted } from './items.ts';
import type { Writer } from './owner.ts';
import { LeaseLostError } from './owner.ts';
import { isRefusedData } from './refused.ts';
import { TurnPartitions } from './partitions.ts';
import { RowSeals } from './row-seals.ts';
import type { RowChange } from './rows.ts';
import type { SetAside } from './set-aside.ts';
import { setAsideEntry } from './set-aside.ts';
import { deleteRebuiltRows, deleteRows, writeBatch, writeRebuiltBatch } from './sql.ts';

interface RowsOptions {
  /** Which words of turns are indexed. */
  readonly textSearch: TextSearchScope;
  /** Seal the texts of turns and index the values of entities; without keys they are stored plain. */
  readonly keys?: DataKeys | undefined;
  /** The tables are those of a rebuild: no partition's checkpoint moves with them. */
  readonly rebuilding?: boolean;
  /** Called with the reason why rows are in the default partition. */
  readonly onPartitionFailure?: ((error: unknown) => void) | undefined;
}

/** The tables `conversation_session` and `conversation_turn`, written in batches, each event once. */
export class RowsStore {
  private readonly seals: RowSeals;
  private readonly partitions: TurnPartitions;

  /** @param pool its connections must have `connectionSettings` */
  constructor(
    private readonly pool: Pool,
    private readonly options: RowsOptions,
  ) {
    this.seals = new RowSeals(pool, options.keys, options.textSearch);
    this.partitions = new TurnPartitions(pool, options.onPartitionFailure);
  }

  /**
   * Writes the rows of events, removes those of deleted events, and moves the partition's checkpoint to `position`: rows always
   * in one transaction with the checkpoint. A session with an event that no row can hold, or whose partner's key cannot be opened,
   * is set aside: that event and those after it are left out.
   * @param until the time up to which the rows are complete afterwards
   * @returns the sessions that were set aside
   * @throws LeaseLostError, KeyStoreUnavailableError
   */
  async write(
    writer: Writer,
    items: readonly TableItem[],
    position: bigint,
    until: string | null,
  ): Promise<SetAside[]> {
    const failures = new Map<string, SetAside>();
    let at = writer.position;
    for (const part of divide<StorableItem>(items, position)) {
      const next = { ...writer, position: at };
      if ('deletion' in part) {
        await this.delete(next, part.deletion, until);
        forgetDeleted(failures, part.deletion);
      } else {
        const rest = part.items.filter(({ session_id }) => !failures.has(session_id));
        for (const failure of await this.writeEvents(next, rest, part.position, until))
          failures.set(failure.session_id, failure);
      }
      at = part.position;
    }
    return [...failures.values()];
  }

  private async writeEvents(
    writer: Writer,
    items: readonly StorableItem[],
    position: bigint,
    until: string | null,
  ): Promise<SetAside[]> {
    const { keys } = this.options;
    const index = keys && (await BlindIndex.load(keys, keys.indexes));
    const { changes, failures } = changesOf(items, index);
    try {
      await this.partitions.prepare(changes.flatMap(({ turn }) => turn?.ordered_at ?? []));
      const sealed = await this.seals.seal(changes);
      await this.send(writer, sealed, failures, position, until);
      return failures;
    } catch (error) {
      if (!isRefusedData(error) && !(error instanceof UnknownKeyError)) throw error;
      return this.writeHalves(writer, items, position, until, error);
    }
  }

  /** Handles a batch in which PostgreSQL refuses a value or a key is missing: bisects it until the event is found. */
  private async writeHalves(
    writer: Writer,
    items: readonly StorableItem[],
    position: bigint,
    until: string | null,
    error: Error,
  ): Promise<SetAside[]> {
    const [first] = items;
    if (first === undefined) throw error;
    if (items.length === 1) {
      if ('setAside' in first) throw error;
      const failures = [setAsideEntry(first.session_id, first.event, error, first.position)];
      await this.send(writer, [], failures, position, until);
      return failures;
    }
    const half = Math.ceil(items.length / 2);
    const middle = items[half - 1]?.position ?? first.position;
    const before = await this.writeEvents(writer, items.slice(0, half), middle, until);
    const gone = new Set(before.map(({ session_id }) => session_id));
    const rest = items.slice(half).filter(({ session_id }) => !gone.has(session_id));
    const after = await this.writeEvents({ ...writer, position: middle }, rest, position, until);
    return [...before, ...after];
  }

  private async send(
    { partition, owner, epoch, position: before }: Writer,
    changes: readonly RowChange[],
    failures: readonly SetAside[],
    position: bigint,
    until: string | null,
  ): Promise<void> {
    const statement = this.options.rebuilding ? writeRebuiltBatch : writeBatch;
    const values = [partition, owner, epoch, before, position, until, ...batchTexts(changes, failures), 0];
    await this.query(partition, { ...statement, values });
  }

  /** Removes the rows of a session's deleted events; with the last event, all rows of the session. */
  private async delete(
    { partition, owner, epoch, position: at }: Writer,
    { session_id, before, position }: Deletion,
    until: string | null,
  ): Promise<void> {
    const text = this.options.rebuilding ? deleteRebuiltRows : deleteRows;
    const id = isUuid(session_id) ? session_id : null;
    await this.query(partition, {
      text,
      values: [partition, owner, epoch, at, position, until, session_id, id, before],
    });
  }

  private async query(partition: number, statement: QueryConfig): Promise<void> {
    const { rows: answer } = await this.pool.query<{ owned: number }>(statement);
    if (answer[0]?.owned !== 1) throw new LeaseLostError(partition);
  }
}
