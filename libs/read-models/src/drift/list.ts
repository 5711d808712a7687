import type { Pool } from 'pg';
import type { SessionCheck } from './check.ts';
import type { Difference } from './difference.ts';

/** How long healed differences stay listed. */
const healedKept = '30 days';
/** How many differences a list has at most. */
export const mostListed = 1_000;

/** A difference in the list. */
export interface ListedDifference extends Difference {
  readonly session_id: string;
  /** ISO 8601: when it was first found and last seen. */
  readonly found_at: string;
  readonly seen_at: string;
  readonly heal_requested: boolean;
  readonly healed_at: string | null;
}

/** Records the result of a check: lists its differences, and marks listed ones that were not found again as healed. */
export async function recordDrift(
  pool: Pool,
  { session_id, result, differences }: SessionCheck,
): Promise<void> {
  if (result === 'too_long') return;
  await pool.query(
    `WITH found AS (
       SELECT * FROM json_to_recordset($2::json) AS d (kind text, turn_revision bigint, field text, problem text,
         stored_revision bigint, expected_hash text, found_hash text)
     ), listed AS (
       INSERT INTO projection_drift AS p (session_id, kind, turn_revision, field, problem, stored_revision, expected_hash,
         found_hash)
       SELECT $1::uuid, f.* FROM found AS f
       ON CONFLICT (session_id, kind, turn_revision, field) DO UPDATE SET problem = excluded.problem,
         stored_revision = excluded.stored_revision, expected_hash = excluded.expected_hash,
         found_hash = excluded.found_hash, seen_at = now(), healed_at = NULL,
         found_at = CASE WHEN p.healed_at IS NULL THEN p.found_at ELSE now() END
     ), old AS (
       DELETE FROM projection_drift WHERE healed_at < now() - interval '${healedKept}'
     )
     UPDATE projection_drift AS p SET healed_at = now(), heal_requested = false
     WHERE session_id = $1::uuid AND healed_at IS NULL AND NOT EXISTS (SELECT FROM found AS f
       WHERE (f.kind, f.turn_revision, f.field) = (p.kind, p.turn_revision, p.field))`,
    [session_id, JSON.stringify(differences)],
  );
}

/** Whether a session has unhealed differences in the list. */
export async function isDriftListed(pool: Pool, sessionId: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    'SELECT FROM projection_drift WHERE session_id = $1::uuid AND healed_at IS NULL LIMIT 1',
    [sessionId],
  );
  return rowCount === 1;
}

/** The unhealed differences, oldest first; `healed`: the healed ones of the last 30 days. */
export async function listDrift(pool: Pool, healed = false): Promise<ListedDifference[]> {
  const { rows } = await pool.query<
    Omit<ListedDifference, 'found_at' | 'seen_at' | 'healed_at'> &
      Record<'found_at' | 'seen_at', Date> & { healed_at: Date | null }
  >(
    `SELECT session_id, kind, problem, turn_revision::int, field, stored_revision::int, expected_hash, found_hash,
       found_at, seen_at, heal_requested, healed_at
     FROM projection_drift WHERE (healed_at IS NOT NULL) = $1
     ORDER BY found_at, session_id, kind, turn_revision, field LIMIT $2`,
    [healed, mostListed],
  );
  return rows.map((row) => ({
    ...row,
    found_at: row.found_at.toISOString(),
    seen_at: row.seen_at.toISOString(),
    healed_at: row.healed_at?.toISOString() ?? null,
  }));
}

/** How many sessions have unhealed differences. */
export async function countDrift(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    'SELECT count(DISTINCT session_id)::int AS count FROM projection_drift WHERE healed_at IS NULL',
  );
  return rows[0]?.count ?? 0;
}

/**
 * Asks the owners of the partitions to rewrite sessions at their next heartbeat. None given: all that are listed.
 * @returns the listed sessions that will be healed
 */
export async function requestHealing(pool: Pool, sessionIds?: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ session_id: string }>(
    `WITH asked AS (
       UPDATE projection_drift SET heal_requested = true
       WHERE healed_at IS NULL AND ($1::uuid[] IS NULL OR session_id = ANY ($1)) RETURNING session_id
     ) SELECT DISTINCT session_id FROM asked`,
    [sessionIds],
  );
  return rows.map(({ session_id }) => session_id);
}

/** The sessions that are to be healed. */
export async function healingRequests(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ session_id: string }>(
    'SELECT DISTINCT session_id FROM projection_drift WHERE heal_requested',
  );
  return rows.map(({ session_id }) => session_id);
}

/** Notes that a session could not be healed: it stays listed and is not retried until requested. */
export async function withdrawHealing(pool: Pool, sessionId: string): Promise<void> {
  await pool.query(
    'UPDATE projection_drift SET heal_requested = false WHERE session_id = $1::uuid AND heal_requested',
    [sessionId],
  );
}
