import type { Pool } from 'pg';
import type { DataKeys } from '#privacy';
import { BlindIndex, UnknownKeyError } from '#privacy';
import type { TextSearchScope } from '../../text-search/config.ts';
import { isUuid } from '../changes.ts';
import type { Deletion, StorableItem, TableItem } from '../items.ts';
import { changesOf, divide, forgetDeleted, isDeletion } from '../items.ts';
import { TurnPartitions } from '../partitions.ts';
import { RowSeals, sealedOf } from '../row-seals.ts';
import { tables } from '../rebuild.ts';
import type { RowChange } from '../rows.ts';
import type { SetAside } from '../set-aside.ts';
import { setAsideEntry } from '../set-aside.ts';
import { saveSetAside, saveTokens } from '../sql.ts';
import { storableJson } from '../storable.ts';
import { Chunk } from './chunk.ts';
import { finishTables, saveDeletions, saveReplies, unlistDeleted } from './finish.ts';
import { FoldedSessions } from './sessions.ts';

/** What a chunk holds at most. */
const chunkLimits = { events: 4_096, bytes: 8 * 1_024 * 1_024 };

/**
 * Fills the empty tables of a rebuild, whose turns have no indexes yet: sessions are folded in memory, turns are written by COPY.
 * Changes to earlier rows, such as late replies, wait until there are indexes.
 */
export class BulkLoader {
  private readonly seals: RowSeals;
  private readonly sessions: FoldedSessions;
  private readonly partitions: TurnPartitions;
  private copying: Promise<unknown> = Promise.resolve();
  private chunk: Chunk;
  /** The revision of sessions with events but no row: few, such as those that were only named when their partner moved. */
  private readonly rowless = new Map<string, number>();

  /**
   * @param pool its connections must have `rebuildConnectionSettings`
   * @param copyPool the same; it writes turns while the next ones are folded, and creates half of the indexes
   * @param onPartitionFailure called with the reason why rows are in the default partition
   * @param chunkEvents how many events are written together at most
   */
  constructor(
    private readonly pool: Pool,
    private readonly copyPool: Pool,
    private readonly keys: DataKeys | undefined,
    textSearch: TextSearchScope,
    onPartitionFailure?: (error: unknown) => void,
    private readonly chunkEvents = chunkLimits.events,
  ) {
    this.seals = new RowSeals(pool, keys, textSearch);
    this.sessions = new FoldedSessions(pool);
    this.chunk = new Chunk(this.sessions);
    this.partitions = new TurnPartitions(pool, onPartitionFailure);
  }

  /**
   * Adds events in log order, and writes what is enough for a chunk. Returns the sessions that it sets aside; the caller must leave out
   * their later items.
   * @throws an error of PostgreSQL for which `isRefusedData`: some row cannot be stored; it is unknown which
   */
  async write(items: readonly TableItem[]): Promise<SetAside[]> {
    const { chunk } = this;
    const failures = new Map<string, SetAside>();
    await this.sessions.load(sessionsOf(items));
    for (const part of divide<StorableItem>(items, items.at(-1)?.position ?? 0n))
      if ('deletion' in part) {
        forgetDeleted(failures, part.deletion);
        await this.delete(chunk, part.deletion);
      } else {
        const rest = part.items.filter(({ session_id }) => !failures.has(session_id));
        const { written, changes } = await this.changes(rest, failures);
        for (const [place, item] of written.entries()) this.add(chunk, item, changes[place]);
      }
    for (const [id, failure] of failures) chunk.setAside.set(id, failure);
    const deletions = items.filter((item) => isDeletion(item));
    if (deletions.length > 0) {
      // The sessions that earlier chunks set aside are listed then.
      await this.copying;
      await this.pool.query(unlistDeleted, [textOfDeletions(deletions)]);
    }
    chunk.events += items.length;
    if (chunk.events >= this.chunkEvents || chunk.size >= chunkLimits.bytes) await this.endChunk();
    return [...failures.values()];
  }

  /** Writes the rest and creates the indexes. The tables are then as if each event had been written separately. */
  async finish(): Promise<void> {
    await this.endChunk(true);
    await this.copying;
    await finishTables(this.pool, this.copyPool, tables);
  }

  /** Writes the chunk while the next one is filled. @param isLast whether no events follow, so that all sessions are written too */
  private async endChunk(isLast = false): Promise<void> {
    const { chunk } = this;
    chunk.end();
    await this.copying;
    for (const { correlation } of await this.sessions.flush(isLast))
      if (correlation) chunk.correlations.add(correlation);
    await this.partitions.prepare(chunk.months.values());
    this.chunk = new Chunk(this.sessions);
    this.copying = this.copy(chunk);
    // The next call that awaits it gets its error.
    this.copying.catch(() => undefined);
  }

  private add(chunk: Chunk, item: StorableItem, change: RowChange | undefined): void {
    const session = change && chunk.add(change);
    if (!session && 'event' in item) this.rowless.set(item.session_id, item.event.revision);
  }

  /**
   * Deletes from memory what a session has so far, and notes the deletion without the revisions that the session has not reached: a
   * soft delete names all, and the session may start again.
   */
  private async delete(chunk: Chunk, deletion: Deletion): Promise<void> {
    const { session_id, before } = deletion;
    forgetDeleted(chunk.setAside, deletion);
    chunk.forget(session_id, before);
    await this.sessions.load(new Set(idOf(deletion)));
    const session = this.sessions.get(session_id);
    const reached = session?.row.revision ?? this.rowless.get(session_id) ?? -1;
    chunk.deletions.push({ ...deletion, before: Math.min(before, reached + 1) });
    if (session?.correlation && session.correlation.last_revision < before) session.correlation = undefined;
    if (reached >= before) return;
    this.rowless.delete(session_id);
    if (session) await this.sessions.delete(session_id);
  }

  private async copy(chunk: Chunk): Promise<void> {
    const { copyPool: pool } = this;
    const { turns, entities, words, milestones, correlations, tokens, replies, deletions } = chunk;
    for (const rows of [turns, entities, words, milestones, correlations]) await rows.copy(pool);
    const setAside = [...chunk.setAside.values()];
    if (tokens.length > 0) await pool.query(saveTokens, [storableJson(tokens)]);
    if (replies.length > 0) await pool.query(saveReplies, [storableJson(replies)]);
    if (deletions.length > 0) await pool.query(saveDeletions, [textOfDeletions(deletions)]);
    if (setAside.length > 0) await pool.query(saveSetAside, [storableJson(setAside)]);
  }

  /**
   * The events that are written, and their sealed changes in the same order. A session whose key cannot be opened is set aside at the
   * first event that needs it.
   */
  private async changes(
    items: readonly StorableItem[],
    failures: Map<string, SetAside>,
  ): Promise<{ readonly written: readonly StorableItem[]; readonly changes: readonly RowChange[] }> {
    const index = this.keys && (await BlindIndex.load(this.keys, this.keys.indexes));
    const found = changesOf(items, index);
    for (const failure of found.failures) failures.set(failure.session_id, failure);
    const written = items.filter((item) => isBefore(item, failures));
    const plain = this.keys
      ? found.changes.map((change, place) => this.withPartner(change, written[place]))
      : found.changes;
    try {
      return { written, changes: await this.seals.seal(plain) };
    } catch (error) {
      if (!(error instanceof UnknownKeyError)) throw error;
      const failed = await this.unsealable(written, plain, error);
      const rest = items.filter((item) => isBefore(item, failed));
      for (const [id, failure] of failed) failures.set(id, failure);
      return this.changes(rest, failures);
    }
  }

  /** The sessions whose texts cannot be sealed, each with its first event that has a text. */
  private async unsealable(
    items: readonly StorableItem[],
    changes: readonly RowChange[],
    error: UnknownKeyError,
  ): Promise<ReadonlyMap<string, SetAside>> {
    const failed = new Map<string, SetAside>();
    const tried = new Set<string>();
    for (const [place, change] of changes.entries()) {
      const item = items[place];
      const id = item?.session_id ?? '';
      if (item === undefined || !('event' in item) || tried.has(id) || sealedOf(change) === undefined)
        continue;
      tried.add(id);
      const isSealed = await this.seals.seal([change]).then(
        () => true,
        () => false,
      );
      if (!isSealed) failed.set(id, setAsideEntry(id, item.event, error, item.position));
    }
    if (failed.size === 0) throw error;
    return failed;
  }

  /** Adds the partner of a session, whose row is only in memory. */
  private withPartner(change: RowChange, item: StorableItem | undefined): RowChange {
    const partner_id = change.partner_id ?? this.sessions.get(item?.session_id ?? '')?.row.partner_id;
    return partner_id === undefined ? change : { ...change, partner_id };
  }
}

/** The sessions that had events before these. */
function sessionsOf(items: readonly TableItem[]): ReadonlySet<string> {
  const found = new Set<string>();
  const begun = new Set<string>();
  for (const item of items) {
    const { session_id } = item;
    if ('event' in item && item.event.revision === 0) begun.add(session_id);
    else if (!isDeletion(item) && !begun.has(session_id)) found.add(session_id);
  }
  return new Set([...found].flatMap((session_id) => idOf({ session_id })));
}

/** The session's id; none when it is not a UUID: such sessions have no rows. */
function idOf({ session_id }: Pick<TableItem, 'session_id'>): string[] {
  return isUuid(session_id) ? [session_id.toLowerCase()] : [];
}

/** Whether an item comes before the event at which its session was set aside. */
function isBefore(item: StorableItem, failures: ReadonlyMap<string, SetAside>): boolean {
  const failure = failures.get(item.session_id);
  return 'event' in item && (failure === undefined || item.event.revision < failure.revision);
}

function textOfDeletions(deletions: readonly Deletion[]): string {
  return storableJson(deletions.map(({ session_id, before }) => ({ session_id, before })));
}
