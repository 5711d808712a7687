import type { Pool } from 'pg';
import type { Sender, SessionStatus } from '#domain';
import { daysBefore, withinBytes } from '#platform';
import type { SetAsideNote } from '../context/errors.ts';
import type { ForkChoice, Page } from './conditions.ts';
import { Conditions } from './conditions.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { isFork } from './forks.ts';
import type { Queryable } from './queryable.ts';
import { isoTime } from './iso-time.ts';
import type { RowLimits } from './row-limits.ts';
import { isActiveSince } from './row-limits.ts';
import type { CourseFilter } from './turn-filter.ts';
import { addCourse, addTurnConditions } from './turn-filter.ts';

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
  /** For a fork: the session that it was forked from. */
  readonly forked_from: string | null;
  readonly revision: number;
  /** The event that cannot be projected: the row shows the state before it. Null: the session is not set aside. */
  readonly set_aside: SetAsideNote | null;
}

/** A filter of sessions; all conditions must hold. Turn conditions must hold for one and the same turn of the session. */
interface SessionFilter extends CourseFilter, RowLimits {
  readonly session_id?: string | undefined;
  readonly partner_id?: string | undefined;
  readonly status?: SessionStatus | undefined;
  readonly channel?: string | undefined;
  /** A goal that was set in the session. */
  readonly goal?: string | undefined;
  readonly sender?: Sender | undefined;
  readonly parsed_intent?: string | undefined;
  readonly actor_role?: string | undefined;
  readonly actor_id?: string | undefined;
  /** The blind index of a token in a turn, as in `turn_entity`. */
  readonly blind_index?: string | undefined;
  /** When the session started: ISO 8601; inclusive, and exclusive. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** `exclude` by default, unless a session is named. */
  readonly forks?: ForkChoice | undefined;
  /** By start; newest first by default. */
  readonly order?: 'asc' | 'desc';
  readonly limit: number;
  readonly after?: string | undefined;
}

/** Sessions ordered by start; `maxBytes` limits a page. @throws InvalidCursorError */
export async function listSessions(
  db: Queryable,
  filter: SessionFilter,
  maxBytes?: number,
): Promise<Page<SessionItem>> {
  const { order = 'desc', limit, after } = filter;
  const conditions = sessionConditions(filter);
  if (after !== undefined) {
    const beyond = order === 'asc' ? '>' : '<';
    const place = decodeCursor(after, ['time', 'uuid']);
    conditions.add(`(s.start_time, s.session_id) ${beyond} ($?, $?::uuid)`, ...place);
  }
  const { rows } = await db.query<SessionItem>(
    `SELECT s.session_id, partner_id, ${isoTime('start_time')} AS start_time,
       ${isoTime('last_activity_time')} AS last_activity_time, channel, current_task, language,
       ${isoTime('expires_at')} AS expires_at, status, forked_from, s.revision::int, CASE WHEN a.session_id IS NOT NULL THEN
         json_build_object('revision', a.revision, 'event_id', a.event_id, 'type', a.type, 'reason', a.reason,
           'since', ${isoTime('a.since')}) END AS set_aside
     FROM conversation_session AS s LEFT JOIN set_aside_session AS a ON a.session_id = s.session_id::text
     ${conditions.where()}
     ORDER BY s.start_time ${order}, s.session_id ${order} LIMIT ${conditions.parameter(limit + 1)}`,
    conditions.values,
  );
  const items = withinBytes(rows.slice(0, limit), maxBytes);
  const last = items.at(-1);
  const more = rows.length > items.length && last !== undefined;
  return { items, next: more ? encodeCursor([last.start_time, last.session_id]) : null };
}

function sessionConditions(filter: SessionFilter): Conditions {
  const { forks = filter.session_id === undefined ? 'exclude' : 'include' } = filter;
  const conditions = new Conditions()
    .add('s.session_id = $?', filter.session_id)
    .forks(forks, isFork('s'))
    .add('s.partner_id = $?', filter.partner_id)
    .add('s.status = $?', filter.status)
    .add('s.channel = $?', filter.channel)
    .add('s.start_time >= $?', filter.from)
    .add('s.start_time < $?', filter.to)
    .add('s.partner_id = ANY($?::text[])', filter.partners)
    .add('s.channel = ANY($?::text[])', filter.channels)
    .add(isActiveSince('s'), filter.active_since)
    .add(
      `s.session_id IN (SELECT m.session_id FROM session_milestone AS m WHERE m.kind = 'goal_set' AND m.name = $?)`,
      filter.goal,
    );
  addCourse(conditions, 's.session_id', filter);
  const { sender, parsed_intent, actor_role, actor_id, blind_index } = filter;
  // No turn of a session comes that much earlier than it began, by whatever clocks.
  const from = filter.from && daysBefore(filter.from, 1);
  return conditions.addWithin(
    (parts) => `EXISTS (SELECT FROM conversation_turn AS t WHERE t.session_id = s.session_id AND ${parts})`,
    (turn) => addTurnConditions(turn, { sender, parsed_intent, actor_role, actor_id, blind_index, from }),
  );
}

/**
 * Active sessions that have expired by `now` (ISO 8601) and whose streams start with the prefixes, the longest expired
 * first; without those that are set aside.
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

/** The ids of a partner's sessions that are active, or were since a time (ISO 8601). */
export async function sessionsActiveSince(pool: Pool, partnerId: string, since: string): Promise<string[]> {
  const { rows } = await pool.query<{ session_id: string }>(
    `SELECT session_id FROM conversation_session AS s WHERE partner_id = $1 AND ${isActiveSince('s', '$2')}`,
    [partnerId, since],
  );
  return rows.map(({ session_id }) => session_id);
}

/** A session that an agent instance owns, or that waits for an instance of its pool. */
interface OwnedSession {
  readonly session_id: string;
  readonly agent_instance: string | null;
  readonly agent_pool: string;
  readonly agent_epoch: number;
}

/** Active sessions that have an agent or wait for one, ordered by id. */
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

/** Whether each of the given sessions is over; without those that have no row. */
export async function overSessions(
  pool: Pool,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, boolean>> {
  const { rows } = await pool.query<{ session_id: string; over: boolean }>(
    `SELECT session_id, status <> 'active' AS over FROM conversation_session WHERE session_id = ANY($1::uuid[])`,
    [sessionIds],
  );
  return new Map(rows.map(({ session_id, over }) => [session_id, over]));
}
