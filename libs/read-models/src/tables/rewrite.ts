import type { Pool, PoolClient } from 'pg';
import type { RecordedEvent } from '#domain';
import type { DataKeys } from '#privacy';
import { BlindIndex, UnknownKeyError } from '#privacy';
import type { TextSearchScope } from '../text-search/config.ts';
import { isUuid } from './changes.ts';
import { batchTexts, changesOf } from './items.ts';
import type { Owner } from './owner.ts';
import { LeaseLostError } from './owner.ts';
import { TurnPartitions } from './partitions.ts';
import { isRefusedData } from './refused.ts';
import type { RowChange } from './rows.ts';
import type { SetAside } from './set-aside.ts';
import { setAsideEntry } from './set-aside.ts';
import { RowSeals, sealedOf } from './row-seals.ts';
import { saveSetAside, writeRebuiltBatch } from './sql.ts';
import { storableJson } from './storable.ts';

/** Events per statement. */
const eventsPerChunk = 1_000;

/**
 * Rewrites the rows of one session from all its events, up to the first that no row can hold, or whose texts cannot be sealed since
 * the partner's key cannot be opened. With `failure`, the event after them, the session is set aside. One transaction.
 * @returns why the session is set aside now; null: it is not
 * @throws LeaseLostError, KeyStoreUnavailableError
 */
export async function rewriteSession(
  pool: Pool,
  owner: Owner,
  sessionId: string,
  events: readonly RecordedEvent[],
  failure: SetAside | null,
  keys: DataKeys | undefined,
  textSearch: TextSearchScope,
): Promise<SetAside | null> {
  const erased = events.some(({ type }) => type === 'SessionErased');
  const items = erased ? [] : events.map((event) => ({ session_id: sessionId, event, position: 0n }));
  const { changes: plain, failures } = changesOf(items, keys && (await BlindIndex.load(keys)));
  await new TurnPartitions(pool).prepare(plain.flatMap(({ turn }) => turn?.ordered_at ?? []));
  const changes = await sealed(new RowSeals(pool, keys, textSearch), plain);
  if (changes instanceof UnknownKeyError) {
    const at = plain.findIndex((change) => sealedOf(change) !== undefined);
    const event = events[at];
    if (event === undefined) throw changes;
    const entry = setAsideEntry(sessionId, event, changes);
    return rewriteSession(pool, owner, sessionId, events.slice(0, at), entry, keys, textSearch);
  }
  const entry = failures[0] ? { ...failures[0], position: null } : failure;
  const attempt = { pool, owner, sessionId };
  try {
    await replaceRows(attempt, changes, entry);
    return entry;
  } catch (error) {
    if (!isRefusedData(error)) throw error;
    const { count, reason } = await storable(attempt, changes, error);
    const refused = events[count];
    if (refused === undefined) throw error;
    return rewriteSession(
      pool,
      owner,
      sessionId,
      events.slice(0, count),
      setAsideEntry(sessionId, refused, reason),
      keys,
      textSearch,
    );
  }
}

async function sealed(
  seals: RowSeals,
  changes: readonly RowChange[],
): Promise<readonly RowChange[] | UnknownKeyError> {
  try {
    return await seals.seal(changes);
  } catch (error) {
    if (error instanceof UnknownKeyError) return error;
    throw error;
  }
}

interface Attempt {
  readonly pool: Pool;
  readonly owner: Owner;
  readonly sessionId: string;
}

/** How many of a session's changes PostgreSQL accepts, found by bisection, and its error for the next one. */
async function storable(
  attempt: Attempt,
  changes: readonly RowChange[],
  error: Error,
): Promise<{ count: number; reason: Error }> {
  let [taken, refused, reason] = [0, changes.length, error];
  while (refused - taken > 1) {
    const middle = Math.floor((taken + refused) / 2);
    const some = changes.slice(0, middle);
    const answer = await replaceRows(attempt, some, null, 'ROLLBACK').catch((cause: unknown) => cause);
    if (answer === undefined) taken = middle;
    else if (isRefusedData(answer)) [refused, reason] = [middle, answer];
    else throw answer;
  }
  return { count: refused - 1, reason };
}

async function replaceRows(
  { pool, owner: { partition, owner, epoch }, sessionId }: Attempt,
  changes: readonly RowChange[],
  entry: SetAside | null,
  end: 'COMMIT' | 'ROLLBACK' = 'COMMIT',
): Promise<void> {
  await transaction(pool, end, async (client) => {
    // Redis continues from this state, so a crash must not undo it.
    await client.query('SET LOCAL synchronous_commit = on');
    // Followers are beyond the position already, so the rows get a later `written`.
    const { rows } = await client.query<{ written: string }>(
      `UPDATE projection_slot SET written = greatest(written, coalesce(position, 0) * 1024) + 1
       WHERE slot = $1 AND owner = $2 AND epoch = $3 RETURNING written`,
      [partition, owner, epoch],
    );
    const [slot] = rows;
    if (slot === undefined) throw new LeaseLostError(partition);
    if (isUuid(sessionId)) await deleteRows(client, sessionId);
    for (let from = 0; from < changes.length; from += eventsPerChunk) {
      const texts = batchTexts(changes.slice(from, from + eventsPerChunk), []);
      const values = [partition, owner, epoch, null, null, null, ...texts, slot.written];
      await client.query({ ...writeRebuiltBatch, values });
    }
    if (entry) await client.query(saveSetAside, [storableJson([entry])]);
  });
}

async function deleteRows(client: PoolClient, sessionId: string): Promise<void> {
  const tables = [
    'turn_entity',
    'turn_word',
    'session_milestone',
    'event_correlation',
    'personal_token',
    'session_reference',
    'conversation_turn',
    'conversation_session',
  ];
  for (const table of tables) {
    await client.query(`DELETE FROM ${table} WHERE session_id = $1`, [sessionId]);
  }
}

async function transaction(
  pool: Pool,
  end: 'COMMIT' | 'ROLLBACK',
  work: (client: PoolClient) => Promise<void>,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query(end);
    client.release();
  } catch (error) {
    // Closing the connection ends the transaction.
    client.release(true);
    throw error;
  }
}
