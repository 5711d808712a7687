import { validationFailed } from '#platform';
import type { Caller } from '#privacy';
import { isAnalyst } from '../access/rules.ts';
import { mostDaysOfAnalysts, periodOf } from './period.ts';

const dayMs = 86_400_000;
export const mostDays = 31;

/** Filters of turns that no index serves alone. */
const ofTurns = [
  'channel',
  'goal',
  'actor_role',
  'actor_id',
  'flag',
  'handoff',
  'inquiry_outcome',
] as const satisfies readonly (keyof Asked)[];
/** The same for sessions, except the channel, which has an index. */
const ofSessions = [
  'parsed_intent',
  'sender',
  'goal',
  'actor_role',
  'actor_id',
  'flag',
  'handoff',
  'inquiry_outcome',
] as const satisfies readonly (keyof Asked)[];

/** The query of a list. */
interface Asked {
  readonly partner_id?: string;
  readonly session_id?: string;
  readonly from?: string;
  readonly to?: string;
  readonly channel?: string;
  readonly parsed_intent?: string;
  readonly sender?: string;
  readonly goal?: string;
  readonly actor_role?: string;
  readonly actor_id?: string;
  readonly flag?: string;
  readonly handoff?: string;
  readonly inquiry_outcome?: string;
}

/**
 * Agents and services serve people over the same connections: with such filters they must also name a partner, a
 * session or a period. Analysts have separate connections.
 * @throws ProblemError `validation_failed`
 */
export function assertBounded(
  { role }: Pick<Caller, 'role'>,
  list: 'turns' | 'sessions',
  asked: Asked,
): void {
  if (isAnalyst(role) || (asked.partner_id ?? asked.session_id) !== undefined) return;
  const wide = (list === 'turns' ? ofTurns : ofSessions).find((name) => asked[name] !== undefined);
  if (wide === undefined || daysOf(asked) <= mostDays) return;
  const message = `needs partner_id, session_id, or from and to at most ${mostDays} days apart, for the role ${role}`;
  throw validationFailed([{ field: wide, message }]);
}

/**
 * The period that is searched by what turns hold: of a partner or a session all the time, else the last days, since the months have indexes
 * of their own, which are all looked through.
 * @throws ProblemError `validation_failed`
 */
export function searchedPeriod(
  { role }: Pick<Caller, 'role'>,
  asked: Pick<Asked, 'partner_id' | 'session_id' | 'from' | 'to'>,
): Pick<Asked, 'from' | 'to'> {
  if ((asked.partner_id ?? asked.session_id) !== undefined) return {};
  const most = isAnalyst(role) ? mostDaysOfAnalysts : mostDays;
  return { from: periodOf(asked, most, '; or name partner_id or session_id').from };
}

function daysOf({ from, to }: Asked): number {
  if (from === undefined) return Infinity;
  return ((to === undefined ? Date.now() : Date.parse(to)) - Date.parse(from)) / dayMs;
}
