import { ValidateBy } from 'class-validator';
import { listOf } from '#platform';
import type { ReadDays, Role } from './caller.ts';
import { roles } from './caller.ts';

/** Days by role; a role that is not named has no limit. */
export type DaysByRole = Readonly<Partial<Record<Role, number>>>;

/** How far back each role reads, by class of data. */
export interface ReadPolicy {
  readonly sessions: DaysByRole;
  readonly partners: DaysByRole;
  readonly access: DaysByRole;
}

const most = 36_500;
const known: ReadonlySet<string> = new Set(roles);
const item = /^(\w+):(\d{1,5})$/;
const message = `must be a list such as agent:90,analyst:180 of the roles ${roles.join(', ')}, each once, with days from 0 to ${most}`;

/** A list such as `agent:90,analyst:180`; it may be empty. */
export function IsDaysByRole(): PropertyDecorator {
  return ValidateBy({
    name: 'isDaysByRole',
    validator: { validate: isValid, defaultMessage: () => message },
  });
}

function isValid(text: string): boolean {
  const items = parsed(text);
  const names = new Set(items.map(([role]) => role));
  return names.size === items.length && items.every(([role, days]) => known.has(role) && days <= most);
}

/** The roles of a valid list that have a limit. */
export function daysByRole(text: string): DaysByRole {
  return Object.fromEntries(parsed(text).filter(([, days]) => days > 0));
}

function parsed(text: string): (readonly [string, number])[] {
  return listOf(text).map((part) => {
    const [, role = '', days = NaN] = item.exec(part) ?? [];
    return [role, Number(days)];
  });
}

/** The days of each role that has some. */
export function readDaysByRole(policy: ReadPolicy): Readonly<Partial<Record<Role, ReadDays>>> {
  const { sessions, partners, access } = policy;
  const named = roles.filter((role) => role in { ...sessions, ...partners, ...access });
  return Object.fromEntries(
    named.map((role) => [role, { sessions: sessions[role], partners: partners[role], access: access[role] }]),
  );
}
