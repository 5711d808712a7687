import type { Pool } from 'pg';

/** An ended session, in the order in which the retention processes them. */
export interface OldSession {
  readonly session_id: string;
  readonly partner_id: string;
  /** ISO 8601, to the microsecond. */
  readonly last_activity_time: string;
}

const protectedPartner = (partner: string): string =>
  `EXISTS (SELECT FROM partner_privacy AS p WHERE p.partner_id = ${partner} AND (p.held OR p.erasure IS NOT NULL))`;

/** Ended sessions last active before a time (ISO 8601), after a given one; without those of partners on hold. */
export async function oldSessions(
  pool: Pool,
  before: string,
  after: OldSession | undefined,
  limit: number,
): Promise<OldSession[]> {
  const { rows } = await pool.query<OldSession>(
    `SELECT session_id, partner_id,
       to_char(last_activity_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS last_activity_time
     FROM conversation_session AS s
     WHERE status <> 'active' AND last_activity_time < $1
       AND (last_activity_time, session_id) > ($2::timestamptz, $3::uuid)
       AND NOT ${protectedPartner('s.partner_id')}
     ORDER BY s.last_activity_time, s.session_id LIMIT $4`,
    [
      before,
      after?.last_activity_time ?? '-infinity',
      after?.session_id ?? '00000000-0000-0000-0000-000000000000',
      limit,
    ],
  );
  return rows;
}

/** Records the partners of sessions about to be deleted, except forks: afterwards nothing else names them. */
export async function notePartners(pool: Pool, sessions: readonly OldSession[]): Promise<void> {
  await pool.query(
    `INSERT INTO partner_retention AS r (partner_id, seen_at)
     SELECT partner_id, max(last_activity_time) FROM unnest($1::uuid[]) AS i (session_id)
       JOIN conversation_session AS s USING (session_id) WHERE forked_from IS NULL GROUP BY partner_id
     ON CONFLICT (partner_id) DO UPDATE SET seen_at = greatest(r.seen_at, excluded.seen_at)`,
    [sessions.map(({ session_id }) => session_id)],
  );
}

/** Partners without sessions since a time (ISO 8601) whose memory may still exist, ordered by id; without those on hold. Forks do not count. */
export async function oldPartners(
  pool: Pool,
  before: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await pool.query<{ partner_id: string }>(
    `SELECT partner_id FROM (
       SELECT partner_id FROM partner_retention WHERE seen_at < $1 UNION
       SELECT partner_id FROM conversation_session WHERE last_activity_time < $1 AND forked_from IS NULL) AS c
     WHERE partner_id > $2 AND NOT ${protectedPartner('c.partner_id')}
       AND NOT EXISTS (SELECT FROM conversation_session AS s
         WHERE s.partner_id = c.partner_id AND s.forked_from IS NULL
           AND (s.last_activity_time >= $1 OR s.status = 'active'))
     ORDER BY partner_id LIMIT $3`,
    [before, after, limit],
  );
  return rows.map(({ partner_id }) => partner_id);
}

/** Copies the contact that only the retention knows to the database of another cell, unless that has a later one. */
export async function copyNoted(from: Pool, to: Pool, partnerId: string): Promise<void> {
  const { rows } = await from.query<{ seen_at: Date }>(
    'SELECT seen_at FROM partner_retention WHERE partner_id = $1',
    [partnerId],
  );
  for (const { seen_at } of rows)
    await to.query(
      `INSERT INTO partner_retention AS r (partner_id, seen_at) VALUES ($1, $2)
       ON CONFLICT (partner_id) DO UPDATE SET seen_at = greatest(r.seen_at, excluded.seen_at)`,
      [partnerId, seen_at],
    );
}

export async function forgetNoted(pool: Pool, partnerIds: readonly string[]): Promise<void> {
  await pool.query('DELETE FROM partner_retention WHERE partner_id = ANY ($1)', [partnerIds]);
}

/** The days (YYYY-MM-DD) with access log entries before a day, and the days after them, which an entry around midnight may belong to. */
export async function accessDays(pool: Pool, before: string): Promise<string[]> {
  const { rows } = await pool.query<{ day: string }>(
    `SELECT DISTINCT to_char(day, 'YYYY-MM-DD') AS day FROM access_record AS r,
       unnest(ARRAY[(r.at AT TIME ZONE 'UTC')::date, (r.at AT TIME ZONE 'UTC')::date + 1]) AS day
     WHERE r.at < $1::date::timestamp AT TIME ZONE 'UTC' AND day < $1::date ORDER BY day`,
    [before],
  );
  return rows.map(({ day }) => day);
}

/** Deletes the rows of a day (YYYY-MM-DD) of the access log. */
export async function forgetAccessOf(pool: Pool, day: string): Promise<void> {
  await pool.query(
    `DELETE FROM access_record WHERE at >= $1::date::timestamp AT TIME ZONE 'UTC'
       AND at < ($1::date + 1)::timestamp AT TIME ZONE 'UTC'`,
    [day],
  );
}

const retentionKey = 7_230_119;
const historyKey = 7_230_120;

/** Runs the retention unless another process is running it; false: another one is. @throws as `withLock` */
export function withRetentionLock(pool: Pool, work: LockedWork, signal?: AbortSignal): Promise<boolean> {
  return withLock(pool, retentionKey, work, signal);
}

/** Seals histories unless another process is doing so; false: another one is. @throws as `withLock` */
export function withHistoryLock(pool: Pool, work: LockedWork, signal?: AbortSignal): Promise<boolean> {
  return withLock(pool, historyKey, work, signal);
}

/** The signal aborts when the caller's does, or when the lock is lost. */
type LockedWork = (signal: AbortSignal) => Promise<void>;

/**
 * Holds an advisory lock in a transaction that does nothing else: it blocks nothing, and ends with its connection, even behind a pooler.
 * @throws what the work throws, or when the connection ends first
 */
async function withLock(
  pool: Pool,
  lockKey: number,
  work: LockedWork,
  signal?: AbortSignal,
): Promise<boolean> {
  const client = await pool.connect();
  const lost = new AbortController();
  const end = (): void => lost.abort(new Error('The connection that holds the lock has ended.'));
  client.once('end', end);
  try {
    // Lifts the idle limit. PostgreSQL before version 17 has no limit for a whole transaction.
    await client.query(
      `BEGIN; SELECT set_config(name, '0', true) FROM pg_settings
       WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')`,
    );
    const { rows } = await client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_xact_lock($1) AS locked',
      [lockKey],
    );
    if (!rows[0]?.locked) return false;
    await work(signal ? AbortSignal.any([signal, lost.signal]) : lost.signal);
    lost.signal.throwIfAborted();
    return true;
  } finally {
    client.off('end', end);
    client.release(true);
  }
}
