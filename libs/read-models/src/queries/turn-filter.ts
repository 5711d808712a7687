import type { Sender } from '#domain';
import { storableJson } from '../tables/storable.ts';
import type { ForkChoice } from './conditions.ts';
import { Conditions } from './conditions.ts';
import { ofFork } from './forks.ts';
import type { RowLimits } from './row-limits.ts';
import { ofActiveSince } from './row-limits.ts';

/** Conditions on the milestones of a session. */
export interface CourseFilter {
  /** A flag that was raised in the session. */
  readonly flag?: string | undefined;
  /** A handoff requested, accepted or returned in the session; `none`: no handoff was requested. */
  readonly handoff?: 'requested' | 'accepted' | 'returned' | 'none' | undefined;
  /** How an inquiry of the session ended. */
  readonly inquiry_outcome?: string | undefined;
}

/** A filter of turns; all conditions must hold. */
export interface TurnFilter extends CourseFilter, RowLimits {
  readonly session_id?: string | undefined;
  /** `exclude` by default, unless a session is named. */
  readonly forks?: ForkChoice | undefined;
  readonly partner_id?: string | undefined;
  readonly parsed_intent?: string | undefined;
  readonly sender?: Sender | undefined;
  /** The channel of the session when the turn was recorded. */
  readonly channel?: string | undefined;
  /** The current goal of the session when the turn was recorded. */
  readonly goal?: string | undefined;
  readonly actor_role?: string | undefined;
  readonly actor_id?: string | undefined;
  /** The blind index of an entity's value, or of a token, as in `turn_entity`. */
  readonly blind_index?: string | undefined;
  /** A plain value of an entity, when nothing is encrypted. */
  readonly entity?: { readonly name: string; readonly value: string | number | boolean } | undefined;
  /** The stored forms of words that the text must all have, as in `turn_word`. */
  readonly words?: readonly string[] | undefined;
  /** ISO 8601, inclusive; compared with the time by which turns are ordered. */
  readonly from?: string | undefined;
  /** ISO 8601, exclusive. */
  readonly to?: string | undefined;
}

/**
 * The SQL conditions of a filter on `conversation_turn AS t`.
 * @param place what names the session and the place of a turn, if not `t`: PostgreSQL can then begin with it
 */
export function turnConditions(filter: TurnFilter, place = 't'): Conditions {
  const { forks = filter.session_id === undefined ? 'exclude' : 'include' } = filter;
  const conditions = new Conditions()
    .add('t.partner_id = $?', filter.partner_id)
    .add('t.session_id = $?', filter.session_id)
    .forks(forks, ofFork('t'))
    .add('t.ordered_at >= $?', filter.from)
    .add('t.ordered_at < $?', filter.to)
    .add('t.partner_id = ANY($?::text[])', filter.partners)
    .add(
      `${place}.session_id IN (SELECT s.session_id FROM conversation_session AS s WHERE s.channel = ANY($?::text[]))`,
      filter.channels,
    )
    .add(ofActiveSince(place), filter.active_since);
  addTurnConditions(conditions, filter, place);
  return addCourse(conditions, `${place}.session_id`, filter);
}

/** The conditions on the content of a turn, without its partner and time. */
export function addTurnConditions(conditions: Conditions, filter: TurnFilter, place = 't'): Conditions {
  conditions
    .add('t.parsed_intent = $?', filter.parsed_intent)
    .add('t.sender = $?', filter.sender)
    .add('t.channel = $?', filter.channel)
    .add('t.goal = $?', filter.goal)
    .add('t.actor_role = $?', filter.actor_role)
    .add('t.actor_id = $?', filter.actor_id)
    .add('t.extracted_entities @> ANY($?::jsonb[])', filter.entity && entitiesWith(filter.entity));
  if (filter.blind_index !== undefined)
    conditions.add(...holding(place, 'turn_entity', 'blind_index', filter.blind_index, filter));
  for (const word of filter.words ?? []) conditions.add(...holding(place, 'turn_word', 'word', word, filter));
  return conditions;
}

/** A value or a word of turns, and the table that lists them by it in the order of time. */
interface Listed {
  readonly table: 'turn_entity' | 'turn_word';
  readonly column: 'blind_index' | 'word';
  readonly value: string;
}

/**
 * The value or word by which a page of turns can be read in order, and the rest of the filter. Undefined: there is none, or a partner or
 * a session has fewer turns.
 */
export function listedBy(
  filter: TurnFilter,
): { readonly listed: Listed; readonly rest: TurnFilter } | undefined {
  const { blind_index, words = [], session_id, partner_id, partners } = filter;
  if (session_id !== undefined || partner_id !== undefined || partners !== undefined) return undefined;
  if (blind_index !== undefined) {
    const listed = { table: 'turn_entity', column: 'blind_index', value: blind_index } as const;
    return { listed, rest: { ...filter, blind_index: undefined } };
  }
  const [word, ...others] = words;
  if (word === undefined) return undefined;
  return { listed: { table: 'turn_word', column: 'word', value: word }, rest: { ...filter, words: others } };
}

const columns = 'ordered_at, session_id, revision';

/** Turns that have a value or a word, looked up in its table; for a common one only within the given time and partner. */
function holding(
  place: string,
  table: 'turn_entity' | 'turn_word',
  column: string,
  value: string,
  { from, to, partner_id }: Pick<TurnFilter, 'from' | 'to' | 'partner_id'>,
): [string, ...string[]] {
  const bounds = [
    ['ordered_at >=', from],
    ['ordered_at <', to],
    ['partner_id =', partner_id],
  ] as const;
  const asked = bounds.flatMap(([sql, bound]) => (bound === undefined ? [] : [{ sql, bound }]));
  const where = [`${column} = $?`, ...asked.map(({ sql }) => `${sql} $?`)].join(' AND ');
  const sql = `(${place}.ordered_at, ${place}.session_id, ${place}.revision) IN (SELECT ${columns} FROM ${table} WHERE ${where})`;
  return [sql, value, ...asked.map(({ bound }) => bound)];
}

/** The conditions on the milestones of a session. */
export function addCourse(conditions: Conditions, sessionId: string, filter: CourseFilter): Conditions {
  const { flag, handoff, inquiry_outcome } = filter;
  const having = (where: string): string =>
    `${sessionId} IN (SELECT m.session_id FROM session_milestone AS m WHERE ${where})`;
  conditions
    .add(having(`m.kind = 'flag_raised' AND m.name = $?`), flag)
    .add(having(`m.kind = 'inquiry_closed' AND m.outcome = $?`), inquiry_outcome);
  if (handoff === 'none')
    return conditions.add(
      `NOT EXISTS (SELECT FROM session_milestone AS m WHERE m.session_id = ${sessionId} AND m.kind = 'handoff_requested')`,
    );
  return conditions.add(having('m.kind = $?'), handoff && `handoff_${handoff}`);
}

/** Matches entities with a value, directly or in a list. */
function entitiesWith({ name, value }: NonNullable<TurnFilter['entity']>): string[] {
  return [value, [value]].map((item) => storableJson({ [name]: item }));
}
