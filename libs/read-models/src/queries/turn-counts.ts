import { isOpen } from './open-partners.ts';
import type { Queryable } from './queryable.ts';
import type { TurnFilter } from './turn-filter.ts';
import { turnConditions } from './turn-filter.ts';

/** The dimensions of the counts. `outcome`: that of the session. */
export const countDimensions = ['day', 'intent', 'channel', 'sender', 'goal', 'outcome'] as const;
export type CountDimension = (typeof countDimensions)[number];

/** The outcome of a session, the first that holds: a handoff was requested, a goal was completed, one was abandoned, or none. */
export const sessionOutcomes = ['handoff', 'completed', 'abandoned', 'open'] as const;

/** The number of turns, and of sessions with such a turn, for one combination of values. */
type TurnCount = { readonly [D in CountDimension]?: string | null } & {
  readonly turns: number;
  readonly sessions: number;
};

interface CountRequest extends TurnFilter {
  readonly by: readonly CountDimension[];
  /** The IANA time zone that defines a day. */
  readonly timezone: string;
  readonly limit: number;
}

const columns: Readonly<Record<Exclude<CountDimension, 'outcome'>, (zone: string) => string>> = {
  day: (zone) => `to_char(t.ordered_at AT TIME ZONE ${zone}, 'YYYY-MM-DD')`,
  intent: () => 't.parsed_intent',
  channel: () => 't.channel::text',
  sender: () => 't.sender::text',
  goal: () => 't.goal',
};

/** Looked up per session: the cost grows with the counted sessions, not with all sessions. */
const outcomes = `(SELECT s.session_id, m.outcome FROM (SELECT DISTINCT session_id FROM grouped) AS s CROSS JOIN LATERAL (
  SELECT CASE WHEN bool_or(m.kind = 'handoff_requested') THEN 'handoff'
    WHEN bool_or(m.kind = 'goal_completed') THEN 'completed'
    WHEN bool_or(m.kind = 'goal_abandoned') THEN 'abandoned' ELSE 'open' END AS outcome
  FROM session_milestone AS m WHERE m.session_id = s.session_id) AS m)`;

/** Counts turns by the dimensions, without those of restricted partners, largest first within a day; at most `limit` groups. */
export async function countTurns(
  db: Queryable,
  { by, timezone, limit, ...filter }: CountRequest,
): Promise<{ counts: TurnCount[]; truncated: boolean }> {
  const conditions = turnConditions(filter);
  conditions.add(isOpen('t.partner_id'));
  const zone = conditions.parameter(timezone);
  // Tells PostgreSQL the parameter's type, even without the dimension `day`.
  conditions.add(`${zone}::text IS NOT NULL`);
  const own = by.filter((dimension) => dimension !== 'outcome');
  const inner = [...own.map((name) => `${columns[name](zone)} AS ${name}`), 't.session_id'];
  const outer = by.map((name) =>
    name === 'outcome' ? `coalesce(o.outcome, 'open') AS outcome` : `g.${name}`,
  );
  const { rows } = await db.query<TurnCount>(
    `WITH grouped AS MATERIALIZED (
       SELECT ${inner.join(', ')}, count(*) AS turns
       FROM conversation_turn AS t ${conditions.where()}
       GROUP BY ${inner.map((_, index) => index + 1).join(', ')})
     SELECT ${[...outer, 'sum(g.turns)::int AS turns', 'count(DISTINCT g.session_id)::int AS sessions'].join(', ')}
     FROM grouped AS g ${by.includes('outcome') ? `LEFT JOIN ${outcomes} AS o ON o.session_id = g.session_id` : ''}
     ${by.length === 0 ? '' : `GROUP BY ${by.map((_, index) => index + 1).join(', ')}`}
     ORDER BY ${[...(by.includes('day') ? ['day'] : []), 'turns DESC', ...by].join(', ')}
     LIMIT ${conditions.parameter(limit + 1)}`,
    conditions.values,
  );
  return { counts: rows.slice(0, limit), truncated: rows.length > limit };
}
