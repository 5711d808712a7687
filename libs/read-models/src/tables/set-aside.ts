import type { Pool } from 'pg';
import type { RecordedEvent } from '#domain';
import { textWithoutData } from '#platform';
import { UnknownKeyError } from '#privacy';
import { UnprojectableEventError } from '#sessions';
import type { Owner } from './owner.ts';
import { rebuildSchema } from './rebuild.ts';
import { isRefusedData } from './refused.ts';

/** A session that is set aside: the event that cannot be projected, and why. Its row and context stay at the state before it. */
export interface SetAside {
  readonly session_id: string;
  readonly revision: number;
  readonly event_id: string;
  readonly type: string;
  /** Commit position of the event; null: the event was found while reading the stream. */
  readonly position: string | null;
  readonly reason: string;
  /** ISO 8601. */
  readonly since: string;
}

/** The entry for a session at an event that cannot be projected; `error`: the reason, or the error that explains it. */
export function setAsideEntry(
  session_id: string,
  { revision, event_id, type }: Pick<RecordedEvent, 'revision' | 'event_id'> & { readonly type: string },
  error: unknown,
  position: bigint | null = null,
): SetAside {
  return {
    session_id,
    revision,
    event_id,
    type,
    position: position === null ? null : String(position),
    reason: reasonOf(error),
    since: new Date().toISOString(),
  };
}

/** Any other error comes from data that do not match their type. */
function reasonOf(error: unknown): string {
  if (typeof error === 'string') return error;
  if (error instanceof UnprojectableEventError) return error.reason;
  if (error instanceof UnknownKeyError) return 'unknown_key';
  if (isRefusedData(error)) return textWithoutData(error);
  return 'malformed_event';
}

interface SetAsideRow extends Omit<SetAside, 'since'> {
  readonly since: Date;
  readonly redrive_requested: boolean;
}

/** A row of the list. */
export interface ListedSession extends SetAside {
  readonly redrive_requested: boolean;
}

/** The set-aside sessions, longest first; only those of the stream prefixes if given. */
export async function listSetAside(
  pool: Pick<Pool, 'query'>,
  prefixes?: readonly string[],
): Promise<ListedSession[]> {
  const { rows } = await pool.query<SetAsideRow>(
    `SELECT session_id, revision::int, event_id, type, position::text, reason, since, redrive_requested
     FROM set_aside_session WHERE $1::text[] IS NULL OR 'session-' || session_id LIKE ANY ($1)
     ORDER BY since, session_id`,
    [prefixes?.map((prefix) => `${prefix}%`)],
  );
  return rows.map((row) => ({ ...row, since: row.since.toISOString() }));
}

/**
 * Also lists the set-aside sessions in the tables of a rebuild, each at the lower of the two revisions: these tables leave out
 * what comes after it, so the sessions must be retried after a switch, even if they are whole in the tables in use.
 */
export async function copySetAside(pool: Pick<Pool, 'query'>): Promise<void> {
  await pool.query(
    `INSERT INTO ${rebuildSchema}.set_aside_session AS kept SELECT * FROM public.set_aside_session
     ON CONFLICT (session_id) DO UPDATE SET revision = excluded.revision, event_id = excluded.event_id,
       type = excluded.type, position = excluded.position, reason = excluded.reason, since = excluded.since
     WHERE excluded.revision < kept.revision`,
  );
}

/** How many sessions of some stream prefixes were set aside within the last minute. */
export async function countSetAsideLastMinute(pool: Pool, prefixes: readonly string[]): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM set_aside_session
     WHERE 'session-' || session_id LIKE ANY ($1) AND since > now() - interval '1 minute'`,
    [prefixes.map((prefix) => `${prefix}%`)],
  );
  return rows[0]?.count ?? 0;
}

/**
 * Asks the owners of the partitions to retry sessions at their next heartbeat. None given: all of them.
 * @returns the set-aside sessions that will be retried
 */
export async function requestRedrive(pool: Pool, sessionIds?: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ session_id: string }>(
    `UPDATE set_aside_session SET redrive_requested = true
     WHERE $1::text[] IS NULL OR session_id = ANY ($1) RETURNING session_id`,
    [sessionIds],
  );
  return rows.map((row) => row.session_id);
}

/** The sessions to retry. */
export async function redriveRequests(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ session_id: string }>(
    'SELECT session_id FROM set_aside_session WHERE redrive_requested',
  );
  return rows.map((row) => row.session_id);
}

/** Removes a completely rewritten session from the list. */
export async function unlist(pool: Pool, owner: Owner, sessionId: string): Promise<void> {
  await pool.query(
    `DELETE FROM set_aside_session WHERE session_id = $1
       AND EXISTS (SELECT FROM projection_slot WHERE slot = $2 AND owner = $3 AND epoch = $4)`,
    [sessionId, owner.partition, owner.owner, owner.epoch],
  );
}
