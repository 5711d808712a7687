import type { Pool } from 'pg';
import type { SessionStatus } from '#domain';
import { withinBytes } from '#platform';
import type { SetAsideNote } from '../context/errors.ts';
import type { ForkChoice, Page } from './conditions.ts';
import { Conditions } from './conditions.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

interface SessionItem {
  readonly session_id: string;
  readonly partner_id: string;
  readonly start_time: string;
  readonly last_activity_time: string;
  readonly channel: string;
  readonly current_task: string | null;
  readonly language: string;
  readonly expires_at: string;
  readonly status: SessionStatus;
  /** Of a fork: the session that it was forked from. */
  readonly forked_from: string | null;
  readonly revision: number;
  /** The event that cannot be projected: the row is as it was before it. Null: the session is not set aside. */
  readonly set_aside: SetAsideNote | null;
}

interface SessionFilter {
  readonly partner_id?: string | undefined;
  readonly status?: SessionStatus | undefined;
  readonly channel?: string | undefined;
  /** `exclude` by default. */
  readonly forks?: ForkChoice | undefined;
  /** Only those of these partners, and on these channels. */
  readonly partners?: readonly string[] | undefined;
  readonly channels?: readonly string[] | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
}

/** Times leave as ISO 8601 in UTC with milliseconds, as they stand in the events. */
export function isoTime(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** Sessions, the newest first; `maxBytes` end a page. @throws InvalidCursorError */
export async function listSessions(
  pool: Pool,
  filter: SessionFilter,
  maxBytes?: number,
): Promise<Page<SessionItem>> {
  const { partner_id, status, channel, forks = 'exclude', partners, channels, limit, after } = filter;
  const conditions = new Conditions()
    .add('partner_id = $?', partner_id)
    .add('status = $?', status)
    .add('channel = $?', channel)
    .forks(forks, '(forked_from IS NOT NULL)')
    .add('partner_id = ANY($?::text[])', partners)
    .add('channel = ANY($?::text[])', channels);
  if (after !== undefined) {
    conditions.add('(start_time, s.session_id) < ($?, $?::uuid)', ...decodeCursor(after, ['time', 'uuid']));
  }
  const { rows } = await pool.query<SessionItem>(
    `SELECT s.session_id, partner_id, ${isoTime('start_time')} AS start_time,
       ${isoTime('last_activity_time')} AS last_activity_time, channel, current_task, language,
       ${isoTime('expires_at')} AS expires_at, status, forked_from, s.revision::int, CASE WHEN a.session_id IS NOT NULL THEN
         json_build_object('revision', a.revision, 'event_id', a.event_id, 'type', a.type, 'reason', a.reason,
           'since', ${isoTime('a.since')}) END AS set_aside
     FROM conversation_session AS s LEFT JOIN set_aside_session AS a ON a.session_id = s.session_id::text
     ${conditions.where()}
     ORDER BY s.start_time DESC, s.session_id DESC LIMIT ${conditions.parameter(limit + 1)}`,
    conditions.values,
  );
  const items = withinBytes(rows.slice(0, limit), maxBytes);
  const last = items.at(-1);
  const more = rows.length > items.length && last !== undefined;
  return { items, next: more ? encodeCursor([last.start_time, last.session_id]) : null };
}

/**
 * Active sessions whose time is over at `now` (ISO 8601) and whose streams begin with the prefixes, the longest over
 * first; none that is set aside.
 */
export async function dueSessions(
  pool: Pool,
  now: string,
  limit: number,
  prefixes: readonly string[],
): Promise<string[]> {
  const { rows } = await pool.query<{ session_id: string }>(
    `SELECT session_id FROM conversation_session AS s
     WHERE status = 'active' AND expires_at <= $1
       AND EXISTS (SELECT FROM unnest($3::text[]) AS p WHERE starts_with('session-' || s.session_id, p))
       AND NOT EXISTS (SELECT FROM set_aside_session AS a WHERE a.session_id = s.session_id::text)
     ORDER BY expires_at LIMIT $2`,
    [now, limit, prefixes],
  );
  return rows.map((row) => row.session_id);
}

/** A session that an agent instance owns, or that waits for one of its pool. */
interface OwnedSession {
  readonly session_id: string;
  readonly agent_instance: string | null;
  readonly agent_pool: string;
  readonly agent_epoch: number;
}

/** Active sessions that have an agent or wait for one, in the order of their ids. */
export async function ownedSessions(
  pool: Pool,
  after: string | null,
  limit: number,
): Promise<OwnedSession[]> {
  const { rows } = await pool.query<OwnedSession>(
    `SELECT session_id, agent_instance, agent_pool, agent_epoch::int FROM conversation_session
     WHERE status = 'active' AND agent_pool IS NOT NULL AND ($1::uuid IS NULL OR session_id > $1)
     ORDER BY session_id LIMIT $2`,
    [after, limit],
  );
  return rows;
}

/** Those of some sessions that are over. */
export async function overSessions(pool: Pool, sessionIds: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ session_id: string }>(
    `SELECT session_id FROM conversation_session WHERE session_id = ANY($1::uuid[]) AND status <> 'active'`,
    [sessionIds],
  );
  return rows.map((row) => row.session_id);
}
