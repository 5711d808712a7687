import type { Pool } from 'pg';
import type { Partner } from '#sessions';

const positionName = 'partner_privacy';
/** How long a bridge has to erase a claimed partner before another may try; the erasure's own waiting time comes on top. */
const claimS = 60;

/** The position up to which partners' events are in the table; null: none yet. */
export async function loadPrivacyPosition(pool: Pool): Promise<bigint | null> {
  const { rows } = await pool.query<{ position: string }>(
    'SELECT position FROM bridge_checkpoint WHERE name = $1',
    [positionName],
  );
  return rows[0] === undefined ? null : BigInt(rows[0].position);
}

export async function savePrivacyPosition(pool: Pool, position: bigint): Promise<void> {
  await pool.query(
    `INSERT INTO bridge_checkpoint AS c (name, position) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET position = excluded.position, updated_at = now()`,
    [positionName, position],
  );
}

/** Writes the privacy requests of a partner, unless a later state is already written. */
export async function savePrivacy(pool: Pool, { partner_id, revision, state }: Partner): Promise<void> {
  const { erasure, hold, receipt } = state.privacy ?? {};
  const due = erasure !== undefined && 'due_at' in erasure ? erasure.due_at : (erasure?.requested_at ?? null);
  await pool.query({
    name: 'turnstream-partner-privacy',
    text: `INSERT INTO partner_privacy AS p (partner_id, erasure, due_at, announced_at, held, erased_at, receipt_id,
        revision)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      ON CONFLICT (partner_id) DO UPDATE SET erasure = excluded.erasure, due_at = excluded.due_at,
        announced_at = excluded.announced_at, held = excluded.held, erased_at = excluded.erased_at,
        receipt_id = excluded.receipt_id, changed_at = clock_timestamp(), revision = excluded.revision
      WHERE excluded.revision >= p.revision`,
    values: [
      partner_id,
      erasure?.status ?? null,
      due,
      erasure?.status === 'announced' ? erasure.requested_at : null,
      hold !== undefined,
      receipt?.erased_at ?? null,
      receipt?.receipt_id ?? null,
      revision,
    ],
  });
}

/** Deletes the row of a partner who has moved to another cell, which handles the requests. */
export async function dropPrivacy(pool: Pool, partnerId: string): Promise<void> {
  await pool.query('DELETE FROM partner_privacy WHERE partner_id = $1', [partnerId]);
}

/** After the streams were restored to an earlier state: the streams override the rows. */
export async function distrustRows(pool: Pool): Promise<void> {
  await pool.query('UPDATE partner_privacy SET revision = -1');
}

/** Claims partners whose erasure is due, who have no hold (unless the erasure has begun), and whom no other bridge is erasing. */
export async function claimDuePartners(pool: Pool, limit: number, waitS: number): Promise<string[]> {
  const { rows } = await pool.query<{ partner_id: string }>(
    `UPDATE partner_privacy SET claimed_until = now() + $2 * interval '1 second' WHERE partner_id IN (
       SELECT partner_id FROM partner_privacy
       WHERE erasure IS NOT NULL AND due_at <= now() AND (NOT held OR erasure = 'requested')
         AND coalesce(claimed_until, '-infinity') < now()
       ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING partner_id`,
    [limit, claimS + waitS],
  );
  return rows.map(({ partner_id }) => partner_id);
}

/** Releases a partner, to be retried after some seconds. */
export async function releasePartner(pool: Pool, partnerId: string, afterS: number): Promise<void> {
  await pool.query(
    `UPDATE partner_privacy SET claimed_until = now() + $2 * interval '1 second' WHERE partner_id = $1`,
    [partnerId, afterS],
  );
}

/** Partners (or this one) with an announced erasure who have been active since. Forks do not count. */
export async function contactedSince(pool: Pool, limit: number, partnerId?: string): Promise<string[]> {
  const { rows } = await pool.query<{ partner_id: string }>(
    `SELECT partner_id FROM partner_privacy AS p WHERE erasure = 'announced' AND EXISTS (
       SELECT FROM conversation_session AS s
       WHERE s.partner_id = p.partner_id AND s.last_activity_time > p.announced_at AND s.forked_from IS NULL)
       AND partner_id = coalesce($2, partner_id) LIMIT $1`,
    [limit, partnerId],
  );
  return rows.map(({ partner_id }) => partner_id);
}

/** SQL: the last contacts that only the retention knows, without those from before an erasure. */
const notedContacts = `SELECT partner_id, seen_at FROM partner_retention AS r
  WHERE NOT EXISTS (SELECT FROM partner_privacy AS p WHERE p.partner_id = r.partner_id AND p.erased_at > r.seen_at)`;

/**
 * Partners without contact since a time (ISO 8601), without an erasure request and without a hold: those after a given
 * partner, in the order of their ids. Sessions that the retention has deleted count, forks do not.
 */
export async function inactivePartners(
  pool: Pool,
  since: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await pool.query<{ partner_id: string }>(
    `SELECT partner_id FROM (
       SELECT partner_id FROM conversation_session WHERE last_activity_time < $1 UNION
       SELECT partner_id FROM (${notedContacts}) AS n WHERE seen_at < $1) AS c
     WHERE partner_id > $3
       AND NOT EXISTS (SELECT FROM conversation_session AS o
         WHERE o.partner_id = c.partner_id AND o.last_activity_time >= $1 AND o.forked_from IS NULL)
       AND NOT EXISTS (SELECT FROM partner_retention AS r WHERE r.partner_id = c.partner_id AND r.seen_at >= $1)
       AND NOT EXISTS (SELECT FROM partner_privacy AS p
         WHERE p.partner_id = c.partner_id AND (p.erasure IS NOT NULL OR p.held))
     ORDER BY partner_id LIMIT $2`,
    [since, limit, after],
  );
  return rows.map(({ partner_id }) => partner_id);
}

/**
 * The last contact with a partner (ISO 8601), and whether a session is still active; null: none is known. Sessions that the
 * retention has deleted count; forks count only when nothing else is left.
 */
export async function lastContact(
  pool: Pool,
  partnerId: string,
): Promise<{ at: string; active: boolean } | null> {
  const { rows } = await pool.query<{ at: Date | null; active: boolean }>(
    `SELECT coalesce(
         greatest(max(last_activity_time) FILTER (WHERE forked_from IS NULL),
           (SELECT seen_at FROM (${notedContacts}) AS n WHERE partner_id = $1)),
         max(last_activity_time)) AS at,
       coalesce(bool_or(status = 'active' AND forked_from IS NULL), false) AS active
     FROM conversation_session WHERE partner_id = $1`,
    [partnerId],
  );
  const { at = null, active = false } = rows[0] ?? {};
  return at === null ? null : { at: new Date(at).toISOString(), active };
}

interface PrivacyChange {
  readonly partner_id: string;
  /** Whether only the role RESTRICTED_ROLE may read the partner's data. */
  readonly closed: boolean;
  readonly changed_at: string;
}

const iso = (time: string): string => `to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** The partners whose rows changed after a time (null: all closed partners), and PostgreSQL's present time (ISO 8601). */
export async function closedPartners(
  pool: Pool,
  after: string | null,
): Promise<{ readonly changes: readonly PrivacyChange[]; readonly now: string }> {
  const { rows } = await pool.query<{ now: string; changes: readonly PrivacyChange[] | null }>(
    `SELECT ${iso('now()')} AS now, json_agg(json_build_object('partner_id', partner_id, 'changed_at', ${iso('changed_at')},
       'closed', coalesce(erasure IN ('restricted', 'requested'), false)) ORDER BY changed_at) AS changes
     FROM partner_privacy
     WHERE CASE WHEN $1::timestamptz IS NULL THEN erasure IN ('restricted', 'requested')
       ELSE changed_at > $1::timestamptz END`,
    [after],
  );
  const { now = new Date().toISOString(), changes = null } = rows[0] ?? {};
  return { changes: changes ?? [], now };
}

/** The time up to which the rows of all sessions are known to be complete (ISO 8601); undefined: unknown. Without projectors: now. */
export async function projectedUntil(pool: Pool): Promise<string | undefined> {
  const { rows } = await pool.query<{ until: Date | null; unknown: boolean }>(
    `SELECT coalesce(min(current_until), now()) AS until, coalesce(bool_or(current_until IS NULL), false) AS unknown
     FROM projection_slot`,
  );
  const { until, unknown } = rows[0] ?? { until: null, unknown: true };
  return unknown || until === null ? undefined : new Date(until).toISOString();
}
