import type { Pool } from 'pg';
import type { DataKeys } from '#privacy';
import { BlindIndex, UnknownKeyError } from '#privacy';
import type { TextSearchScope } from '../../text-search/config.ts';
import { isUuid } from '../changes.ts';
import type { Deletion, StorableItem, TableItem } from '../items.ts';
import { changesOf, divide, forgetDeleted, isDeletion } from '../items.ts';
import { TurnPartitions } from '../partitions.ts';
import { RowSeals, sealedOf } from '../row-seals.ts';
import type { RowChange } from '../rows.ts';
import type { SetAside } from '../set-aside.ts';
import { setAsideEntry } from '../set-aside.ts';
import { saveSetAside, saveTokens } from '../sql.ts';
import { storableJson } from '../storable.ts';
import type { ChunkTurn } from './chunk.ts';
import { Chunk } from './chunk.ts';
import { copyLine, copyRows } from './copy.ts';
import { finishTables, saveDeletions, saveReplies, unlistDeleted } from './finish.ts';
import { FoldedSessions } from './sessions.ts';

const turnColumns = [
  'session_id',
  'turn_id',
  'partner_id',
  'timestamp',
  'ordered_at',
  'sender',
  'message_text',
  'parsed_intent',
  'extracted_entities',
  'response_text',
  'response_revision',
  'intent_confidence',
  'bot_action',
  'message_id',
  'actor_role',
  'actor_id',
  'channel',
  'goal',
  'inquiry_id',
  'revision',
  'written',
] as const;
const wordColumns = ['word', 'ordered_at', 'session_id', 'revision', 'partner_id'] as const;
const milestoneColumns = ['session_id', 'revision', 'partner_id', 'at', 'kind', 'name', 'outcome'] as const;
const correlationColumns = ['session_id', 'correlation', 'first_revision', 'last_revision'] as const;
const entityColumns = ['blind_index', 'ordered_at', 'session_id', 'revision', 'partner_id'] as const;

/** Correlation rows per COPY: a chunk may be small. */
const correlationsAtOnce = 20_000;

/**
 * Fills the empty tables of a rebuild, whose turns have no indexes yet: sessions are folded in memory, turns are written by COPY.
 * Changes to earlier rows, such as late replies, wait until there are indexes.
 */
export class BulkLoader {
  private readonly seals: RowSeals;
  private readonly sessions: FoldedSessions;
  private readonly partitions: TurnPartitions;
  private copying: Promise<unknown> = Promise.resolve();
  /** Lines of COPY. */
  private correlations: string[] = [];
  /** The revision of sessions with events but no row: few, such as those that were only named when their partner moved. */
  private readonly rowless = new Map<string, number>();

  /**
   * @param pool its connections must have `rebuildConnectionSettings`
   * @param copyPool the same; it writes turns while the next ones are folded, and creates half of the indexes
   * @param onPartitionFailure called with the reason why rows are in the default partition
   */
  constructor(
    private readonly pool: Pool,
    private readonly copyPool: Pool,
    private readonly keys: DataKeys | undefined,
    textSearch: TextSearchScope,
    onPartitionFailure?: (error: unknown) => void,
  ) {
    this.seals = new RowSeals(pool, keys, textSearch);
    this.sessions = new FoldedSessions(pool);
    this.partitions = new TurnPartitions(pool, onPartitionFailure);
  }

  /**
   * Writes events in log order. Returns the sessions that it sets aside; the caller must leave out their later items.
   * @throws an error of PostgreSQL for which `isRefusedData`: some row cannot be stored; it is unknown which
   */
  async write(items: readonly TableItem[]): Promise<SetAside[]> {
    const chunk = new Chunk(this.sessions);
    const failures = new Map<string, SetAside>();
    const deletions: Deletion[] = [];
    await this.sessions.load(sessionsOf(items));
    for (const part of divide<StorableItem>(items, items.at(-1)?.position ?? 0n))
      if ('deletion' in part) {
        forgetDeleted(failures, part.deletion);
        deletions.push(await this.delete(chunk, part.deletion));
      } else {
        const rest = part.items.filter(({ session_id }) => !failures.has(session_id));
        const { written, changes } = await this.changes(rest, failures);
        for (const [place, item] of written.entries()) this.add(chunk, item, changes[place]);
      }
    await this.copying;
    if (deletions.length > 0)
      await this.pool.query(unlistDeleted, [textOfDeletions(items.filter((item) => isDeletion(item)))]);
    await this.sessions.flush();
    await this.partitions.prepare(chunk.turns.map(({ ordered_at }) => ordered_at));
    this.copying = this.copy(chunk, [...failures.values()], deletions);
    // The next call that awaits it gets its error.
    this.copying.catch(() => undefined);
    return [...failures.values()];
  }

  /** Writes the rest and creates the indexes. The tables are then as if each event had been written separately. */
  async finish(): Promise<void> {
    await this.copying;
    await this.copyCorrelations();
    await this.sessions.flush(true);
    await finishTables(this.pool, this.copyPool);
  }

  private add(chunk: Chunk, item: StorableItem, change: RowChange | undefined): void {
    const session = change && chunk.add(change);
    if (!session && 'event' in item) this.rowless.set(item.session_id, item.event.revision);
  }

  /**
   * Deletes from memory what a session has so far. Returns the deletion without the revisions that it has not reached:
   * a soft delete names all, and the session may start again.
   */
  private async delete(chunk: Chunk, deletion: Deletion): Promise<Deletion> {
    const { session_id, before } = deletion;
    chunk.forget(session_id, before);
    await this.sessions.load(new Set(idOf(deletion)));
    const session = this.sessions.get(session_id);
    const reached = session?.row.revision ?? this.rowless.get(session_id) ?? -1;
    if (reached >= before) return deletion;
    this.rowless.delete(session_id);
    if (session) await this.sessions.delete(session_id);
    return { ...deletion, before: reached + 1 };
  }

  private async copyCorrelations(): Promise<void> {
    const lines = this.correlations.join('');
    this.correlations = [];
    await copyRows(this.copyPool, 'event_correlation', correlationColumns, lines);
  }

  private async copy(
    chunk: Chunk,
    failures: readonly SetAside[],
    deletions: readonly Deletion[],
  ): Promise<void> {
    const { copyPool: pool } = this;
    const { turns } = chunk;
    await copyRows(pool, 'conversation_turn', turnColumns, turns.map(lineOf).join(''));
    await copyRows(pool, 'turn_entity', entityColumns, turns.flatMap(entityLines).join(''));
    await copyRows(pool, 'turn_word', wordColumns, turns.flatMap(wordLines).join(''));
    const milestones = chunk.milestones.map((row) => copyLine(milestoneColumns.map((name) => row[name])));
    await copyRows(pool, 'session_milestone', milestoneColumns, milestones.join(''));
    for (const row of chunk.correlations)
      this.correlations.push(copyLine(correlationColumns.map((name) => row[name])));
    if (this.correlations.length >= correlationsAtOnce) await this.copyCorrelations();
    if (chunk.tokens.length > 0) await pool.query(saveTokens, [storableJson(chunk.tokens)]);
    if (chunk.replies.length > 0) await pool.query(saveReplies, [storableJson(chunk.replies)]);
    if (deletions.length > 0) await pool.query(saveDeletions, [textOfDeletions(deletions)]);
    if (failures.length > 0) await pool.query(saveSetAside, [storableJson(failures)]);
  }

  /**
   * The events that are written, and their sealed changes in the same order. A session whose key cannot be opened is set aside at the
   * first event that needs it.
   */
  private async changes(
    items: readonly StorableItem[],
    failures: Map<string, SetAside>,
  ): Promise<{ readonly written: readonly StorableItem[]; readonly changes: readonly RowChange[] }> {
    const index = this.keys && (await BlindIndex.load(this.keys));
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

/** The sessions that had events before. */
function sessionsOf(items: readonly TableItem[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const item of items) {
    const isFirst = 'event' in item && item.event.revision === 0;
    if (!isFirst && !isDeletion(item)) found.add(item.session_id);
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

/** The values of `turnColumns`. */
function lineOf({ row, session, ordered_at, reply }: ChunkTurn): string {
  return copyLine([
    row.session_id,
    row.turn_id,
    session.partner_id,
    row.timestamp,
    ordered_at,
    row.sender,
    row.message_text,
    row.parsed_intent,
    // A text when sealed, which is a text of JSON, too.
    storableJson(row.extracted_entities),
    reply?.response_text,
    reply?.response_revision,
    row.intent_confidence,
    row.bot_action,
    row.message_id,
    row.actor_role,
    row.actor_id,
    session.channel,
    session.current_task,
    session.open_inquiries.at(-1),
    row.revision,
    String(BigInt(row.position ?? 0) * 1_024n),
  ]);
}

function entityLines({ row, session, ordered_at, entities }: ChunkTurn): string[] {
  const { session_id, revision } = row;
  return entities.map(({ blind_index }) =>
    copyLine([blind_index, ordered_at, session_id, revision, session.partner_id]),
  );
}

function wordLines({ row, session, ordered_at, words }: ChunkTurn): string[] {
  const { session_id, revision } = row;
  return (words?.words ?? []).map((word) =>
    copyLine([word, ordered_at, session_id, revision, session.partner_id]),
  );
}

function textOfDeletions(deletions: readonly Deletion[]): string {
  return storableJson(deletions.map(({ session_id, before }) => ({ session_id, before })));
}
