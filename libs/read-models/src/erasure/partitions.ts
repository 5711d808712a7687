import type { Pool } from 'pg';
import { partitionedTables } from '../tables/partitions.ts';

/** How long projectors may wait while a partition is examined, in milliseconds: less than the timeout of their pools. */
const defaultPatienceMs = 3_000;

/**
 * Drops the partitions of turns that end before a time (ISO 8601) and hold only turns of sessions that the retention has
 * deleted and that did not start again. A partition that takes too long to examine stays for the next run, when the
 * projectors have removed more of its rows.
 * @param deleted the ids of sessions whose streams are deleted; rows of other sessions are still needed
 * @returns the months, such as `2026-01`
 */
export async function dropOldPartitions(
  pool: Pool,
  before: string,
  deleted: readonly string[],
  patienceMs = defaultPatienceMs,
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
    if (await drop(pool, month, before, deleted, patienceMs)) dropped.push(month.replace('_', '-'));
  return dropped;
}

async function drop(
  pool: Pool,
  month: string,
  before: string,
  deleted: readonly string[],
  patienceMs: number,
): Promise<boolean> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL statement_timeout = '${patienceMs}'`);
    // Every batch takes this lock first, too: no turn is written meanwhile, and nobody waits for us while holding what we need.
    await client.query('LOCK TABLE projection_slot IN ACCESS EXCLUSIVE MODE');
    const { rowCount } = await client.query(
      `SELECT FROM conversation_turn_${month} AS t
       JOIN conversation_session AS s ON s.session_id = t.session_id
       LEFT JOIN unnest($2::uuid[]) AS d (session_id) ON d.session_id = s.session_id
       WHERE d.session_id IS NULL OR s.status = 'active' OR s.last_activity_time >= $1 LIMIT 1`,
      [before, deleted],
    );
    if (rowCount !== 0) return false;
    for (const table of partitionedTables) await client.query(`DROP TABLE IF EXISTS ${table}_${month}`);
    await client.query('COMMIT');
    return true;
  } catch (error) {
    if (isTimeout(error)) return false;
    throw error;
  } finally {
    // Closing the connection ends an unfinished transaction.
    client.release(true);
  }
}

/** Whether a lock or a statement took too long: by its SQLSTATE, or because the pool gave up waiting. */
function isTimeout(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isOfServer = 'code' in error && ['55P03', '57014'].includes(String(error.code));
  return isOfServer || error.message === 'Query read timeout';
}
