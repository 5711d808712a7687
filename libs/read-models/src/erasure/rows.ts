import type { Pool, PoolClient } from 'pg';
import { rebuildSchema } from '../tables/rebuild.ts';
import { dropInterrupted } from '../tables/standby.ts';
import { concernsPartner } from './concerned-updates.ts';

/** What to erase: all rows of the partner from before a time (ISO 8601), and all rows of these sessions. */
interface ErasedRows {
  readonly partner_id: string;
  readonly before: string;
  readonly session_ids: readonly string[];
}

interface PersonalTable {
  readonly table: string;
  /** $1 the partner, $2 the time, $3 the ids of the sessions. */
  readonly where: string;
}

const ofSessions = 'session_id = ANY ($3::uuid[])';

/** Every table that says anything about a partner, referring tables first. */
const tables: readonly PersonalTable[] = [
  { table: 'turn_entity', where: ofSessions },
  { table: 'turn_word', where: ofSessions },
  { table: 'session_milestone', where: ofSessions },
  { table: 'personal_token', where: ofSessions },
  { table: 'session_reference', where: ofSessions },
  { table: 'event_correlation', where: ofSessions },
  { table: 'conversation_turn', where: ofSessions },
  { table: 'conversation_session', where: ofSessions },
  { table: 'set_aside_session', where: 'session_id = ANY ($3::text[])' },
  { table: 'projection_drift', where: ofSessions },
  { table: 'reference_index', where: `(partner_id = $1 AND started_at < $2) OR ${ofSessions}` },
  { table: 'partner_retention', where: 'partner_id = $1 AND seen_at < $2' },
  {
    table: 'kept_update',
    where: `${concernsPartner('kept_update', '$1')} AND NOT EXISTS (SELECT FROM kept_update_reference AS r
      WHERE r.update_id = kept_update.id AND r.received_at >= $2)`,
  },
  // After the updates, which are found by it.
  { table: 'reference_owner', where: 'partner_id = $1 AND named_at < $2' },
];

/** The ids of a partner's sessions that started before a time (ISO 8601), from the table. */
export async function sessionsBefore(pool: Pool, partnerId: string, before: string): Promise<string[]> {
  const { rows } = await pool.query<{ session_id: string }>(
    'SELECT session_id FROM conversation_session WHERE partner_id = $1 AND start_time < $2',
    [partnerId, before],
  );
  return rows.map(({ session_id }) => session_id);
}

/** The ids of the sessions of each of these partners, from the table; partners without sessions are left out. */
export async function sessionsByPartner(
  pool: Pool,
  partnerIds: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const { rows } = await pool.query<{ partner_id: string; ids: string[] }>(
    `SELECT partner_id, array_agg(session_id) AS ids FROM conversation_session
     WHERE partner_id = ANY ($1::text[]) GROUP BY partner_id`,
    [partnerIds],
  );
  return new Map(rows.map(({ partner_id, ids }) => [partner_id, ids]));
}

/** The ids of all forks of a partner's sessions, from the table: the partner's stream does not list them. */
export async function forksOf(pool: Pool, partnerId: string): Promise<string[]> {
  const { rows } = await pool.query<{ session_id: string }>(
    'SELECT session_id FROM conversation_session WHERE partner_id = $1 AND forked_from IS NOT NULL',
    [partnerId],
  );
  return rows.map(({ session_id }) => session_id);
}

/**
 * Deletes the rows of a partner in one transaction, after what an interrupted rebuild has left of all.
 * @param mayErase asked first in that transaction
 * @returns whether it may
 */
export async function eraseRows(
  pool: Pool,
  erased: ErasedRows,
  mayErase: (client: PoolClient) => Promise<boolean> = async () => true,
): Promise<boolean> {
  await dropInterrupted(pool);
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    // The receipt will confirm the deletion, so a crash of the server must not undo it.
    await client.query('SET LOCAL synchronous_commit = on');
    const isAllowed = await mayErase(client);
    if (isAllowed)
      for (const { table, where } of await allTables(client))
        await client.query(`DELETE FROM ${table} WHERE ${typed(where)}`, valuesOf(erased));
    await client.query('COMMIT');
    client.release();
    return isAllowed;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** How many rows of a partner each table has. */
export async function countRows(pool: Pool, erased: ErasedRows): Promise<{ table: string; left: number }[]> {
  const counts: { table: string; left: number }[] = [];
  for (const { table, where } of await allTables(pool)) {
    const { rows } = await pool.query<{ left: number }>(
      `SELECT count(*)::int AS left FROM ${table} WHERE ${typed(where)}`,
      valuesOf(erased),
    );
    counts.push({ table, left: rows[0]?.left ?? 0 });
  }
  return counts;
}

/** These tables and, if there are standby tables, their copies there. */
async function allTables(client: Pick<Pool, 'query'>): Promise<readonly PersonalTable[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = to_regnamespace($1)::oid AND relkind IN ('r', 'p')
       AND EXISTS (SELECT FROM standby_tables)`,
    [rebuildSchema],
  );
  const standby = tables.filter(({ table }) => rows.some(({ name }) => name === table));
  return [...tables, ...standby.map(({ table, where }) => ({ table: `${rebuildSchema}.${table}`, where }))];
}

/** Every statement uses all three values, so that PostgreSQL knows their types. */
function typed(where: string): string {
  return `(${where}) AND ($1::text, $2::timestamptz, $3::text[]) IS NOT NULL`;
}

function valuesOf({ partner_id, before, session_ids }: ErasedRows): unknown[] {
  return [partner_id, before, session_ids];
}
