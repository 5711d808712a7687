import type { ForkChoice, Page } from './conditions.ts';
import { Conditions } from './conditions.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { ofFork } from './forks.ts';
import { isoTime } from './iso-time.ts';
import type { Queryable } from './queryable.ts';
import type { RowLimits } from './row-limits.ts';
import { isActiveSince } from './row-limits.ts';

/** What a session must have, or must not have, after the previous step. */
export interface JourneyStep {
  /** The kind of a milestone. */
  readonly kind: string;
  readonly name?: string | undefined;
  readonly outcome?: string | undefined;
  /** The step must be absent. */
  readonly not?: boolean | undefined;
  /** At most, and at least, this many seconds after the previous present step. */
  readonly within_s?: number | undefined;
  readonly after_s?: number | undefined;
  /** Its name equals that of the first step. */
  readonly same_name?: boolean | undefined;
}

interface JourneyRequest extends RowLimits {
  /** The first step must be present and within the period. */
  readonly steps: readonly JourneyStep[];
  /** ISO 8601; inclusive, and exclusive. */
  readonly from: string;
  readonly to: string;
  readonly partner_id?: string | undefined;
  readonly channel?: string | undefined;
  /** `exclude` by default. */
  readonly forks?: ForkChoice | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
}

/** A step that was found. */
interface FoundStep {
  readonly kind: string;
  readonly name: string | null;
  readonly at: string;
  readonly revision: number;
}

/** A session that took the steps; one for each first step. */
export interface Journey {
  readonly session_id: string;
  readonly partner_id: string;
  /** For a fork: the session that it was forked from. */
  readonly forked_from: string | null;
  readonly steps: FoundStep[];
}

/**
 * Sessions that took the steps in order, by the time of the first step. Each step is the first of its kind after the previous one.
 * @throws InvalidCursorError
 */
export async function findJourneys(db: Queryable, request: JourneyRequest): Promise<Page<Journey>> {
  const { steps, from, to, limit, after } = request;
  const conditions = new Conditions().add('m0.at >= $?', from).add('m0.at < $?', to);
  if (after !== undefined) {
    const place = decodeCursor(after, ['time', 'uuid', 'number']);
    conditions.add('(m0.at, m0.session_id, m0.revision) > ($?, $?::uuid, $?::bigint)', ...place);
  }
  addScope(conditions, request);
  const { joins, there } = joinsOf(conditions, steps);
  const found = there.map(
    (index) => `json_build_object('kind', m${index}.kind, 'name', m${index}.name,
      'at', ${isoTime(`m${index}.at`)}, 'revision', m${index}.revision)`,
  );
  const { rows } = await db.query<Journey>(
    `SELECT m0.session_id, m0.partner_id,
       (SELECT s.forked_from FROM conversation_session AS s WHERE s.session_id = m0.session_id) AS forked_from,
       json_build_array(${found.join(', ')}) AS steps
     FROM session_milestone AS m0 ${joins.join('\n')} ${conditions.where()}
     ORDER BY m0.at, m0.session_id, m0.revision LIMIT ${conditions.parameter(limit + 1)}`,
    conditions.values,
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const first = last?.steps[0];
  if (last === undefined || first === undefined || rows.length <= limit) return { items, next: null };
  return { items, next: encodeCursor([first.at, last.session_id, String(first.revision)]) };
}

function inSessions(where: string): string {
  return `m0.session_id IN (SELECT s.session_id FROM conversation_session AS s WHERE ${where})`;
}

function addScope(conditions: Conditions, request: JourneyRequest): void {
  const { partner_id, channel, partners, channels, active_since, forks = 'exclude' } = request;
  conditions
    .add('m0.partner_id = $?', partner_id)
    .add('m0.partner_id = ANY($?::text[])', partners)
    .add(inSessions('s.channel = $?'), channel)
    .add(inSessions('s.channel = ANY($?::text[])'), channels)
    .add(inSessions(isActiveSince('s')), active_since)
    .forks(forks, ofFork('m0'));
}

/** The steps after the first: present steps as joins, absent ones as conditions. */
function joinsOf(
  conditions: Conditions,
  steps: readonly JourneyStep[],
): { joins: string[]; there: number[] } {
  const joins: string[] = [];
  const there: number[] = [];
  for (const [index, step] of steps.entries()) {
    const previous = there.at(-1);
    if (previous === undefined) {
      conditions.add(matches(conditions, step, 'm0'));
      there.push(index);
    } else if (step.not === true) {
      const end = step.within_s === undefined ? nextThere(steps, index) : undefined;
      const before = end === undefined ? '' : ` AND n.revision < m${end}.revision`;
      conditions.add(`NOT EXISTS (SELECT FROM session_milestone AS n
        WHERE ${follows(conditions, step, 'n', previous)}${before})`);
      if (step.within_s !== undefined)
        conditions.add(isDecided(later(conditions, previous, step.within_s), nextThere(steps, index)));
    } else {
      joins.push(`JOIN LATERAL (SELECT n.* FROM session_milestone AS n
        WHERE ${follows(conditions, step, 'n', previous)} ORDER BY n.revision LIMIT 1) AS m${index} ON true`);
      there.push(index);
    }
  }
  return { joins, there };
}

/** A step counts as absent within a time only when that time is over, or a later step followed. */
function isDecided(end: string, next: number | undefined): string {
  return `(${end} <= now()${next === undefined ? '' : ` OR m${next}.at > ${end}`})`;
}

/** This many seconds after a step. */
function later(conditions: Conditions, step: number, seconds: number): string {
  return `m${step}.at + make_interval(secs => ${conditions.parameter(seconds)})`;
}

function nextThere(steps: readonly JourneyStep[], index: number): number | undefined {
  const next = steps.findIndex((step, at) => at > index && step.not !== true);
  return next < 0 ? undefined : next;
}

function follows(conditions: Conditions, step: JourneyStep, alias: string, previous: number): string {
  const parts = [
    `${alias}.session_id = m0.session_id AND ${alias}.revision > m${previous}.revision`,
    matches(conditions, step, alias),
  ];
  if (step.same_name === true) parts.push(`${alias}.name = m0.name`);
  if (step.within_s !== undefined) parts.push(`${alias}.at <= ${later(conditions, previous, step.within_s)}`);
  if (step.after_s !== undefined) parts.push(`${alias}.at >= ${later(conditions, previous, step.after_s)}`);
  return parts.join(' AND ');
}

function matches(conditions: Conditions, { kind, name, outcome }: JourneyStep, alias: string): string {
  const parts = [`${alias}.kind = ${conditions.parameter(kind)}`];
  if (name !== undefined) parts.push(`${alias}.name = ${conditions.parameter(name)}`);
  if (outcome !== undefined) parts.push(`${alias}.outcome = ${conditions.parameter(outcome)}`);
  return parts.join(' AND ');
}
