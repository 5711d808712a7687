import type { Pool } from 'pg';
import { partitionedTables } from '../tables/partitions.ts';

/** How long the projectors may wait for a partition that is being looked through, in milliseconds. */
const patienceMs = 5_000;

/**
 * Drops the partitions of turns that end before a time (ISO 8601) and hold only turns of sessions that the retention has
 * deleted: all are over, were active last before it, and are of no partner whose data are kept. One that cannot be
 * looked through in time stays for the next run, when the projectors have removed more of its rows.
 * @param kept partners whose data are kept, of whom the tables may not know yet
 * @returns the months, as `2026-01`
 */
export async function dropOldPartitions(
  pool: Pool,
  before: string,
  kept: readonly string[],
): Promise<string[]> {
  const { rows } = await pool.query<{ month: string }>(
    `SELECT right(relname, 7) AS month FROM pg_inherits JOIN pg_class ON oid = inhrelid
     WHERE inhparent = 'conversation_turn'::regclass AND relname ~ '_\\d{4}_\\d{2}$'
       AND to_date(right(relname, 7), 'YYYY_MM') + interval '1 month' <= $1::timestamptz AT TIME ZONE 'UTC'
     ORDER BY month`,
    [before],
  );
  const dropped: string[] = [];
  for (const { month } of rows)
    if (await drop(pool, month, before, kept)) dropped.push(month.replace('_', '-'));
  return dropped;
}

async function drop(pool: Pool, month: string, before: string, kept: readonly string[]): Promise<boolean> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(
      `SET LOCAL lock_timeout = '${patienceMs}'; SET LOCAL statement_timeout = '${patienceMs}'`,
    );
    // Taken first by every batch too: no turn comes meanwhile, and nobody waits for us while holding what we need.
    await client.query('LOCK TABLE projection_slot IN ACCESS EXCLUSIVE MODE');
    const { rowCount } = await client.query(
      `SELECT FROM conversation_turn_${month} AS t
       LEFT JOIN conversation_session AS s ON s.session_id = t.session_id
       LEFT JOIN partner_privacy AS p ON p.partner_id = s.partner_id
       WHERE s.status = 'active' OR s.last_activity_time >= $1 OR s.partner_id = ANY ($2::text[])
         OR p.held OR p.erasure IS NOT NULL LIMIT 1`,
      [before, kept],
    );
    if (rowCount !== 0) return false;
    for (const table of partitionedTables) await client.query(`DROP TABLE IF EXISTS ${table}_${month}`);
    await client.query('COMMIT');
    return true;
  } catch (error) {
    if (isTimeout(error)) return false;
    throw error;
  } finally {
    // What did not end goes with the connection.
    client.release(true);
  }
}

/** SQLSTATE of a lock, or a statement, that took too long. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['55P03', '57014'].includes(String(error.code));
}
