import type { Json } from '#domain';
import type { Difference } from './comparison.ts';
import type { ReplayedSession } from './session.ts';
import type { ReplayReport } from './summary.ts';

const longestValue = 120;
const fieldsShown = 20;

/** The differences of one session, as text. */
export function linesOfSession({ session_id, events, differences, ...more }: ReplayedSession): string[] {
  const { fault, unreadable } = more;
  return [
    `session ${session_id}, ${events} events: ${differences.length === 0 ? 'equal' : `${differences.length} fields differ`}`,
    ...(fault ? [`  the other code failed at revision ${fault.revision} ${fault.type}: ${fault.error}`] : []),
    ...(unreadable
      ? [`  revision ${unreadable.revision} ${unreadable.type} cannot be read: ${unreadable.reason}`]
      : []),
    ...differences.flatMap(linesOfDifference),
  ];
}

function linesOfDifference({ field, revision, type, before, after }: Difference): string[] {
  return [
    `  ${field}  since revision ${revision} ${type}`,
    `    - ${textOf(before)}`,
    `    + ${textOf(after)}`,
  ];
}

/** The report of all sessions, as text. */
export function linesOfReport({
  sessions,
  events,
  different,
  faults,
  unreadable,
  ...more
}: ReplayReport): string[] {
  const { fields, samples } = more;
  const shown = fields.slice(0, fieldsShown);
  return [
    `${sessions} sessions, ${events} events: ${different} sessions differ, in ${faults} the other code failed` +
      (unreadable > 0 ? `, ${unreadable} cannot be read to their end` : ''),
    ...shown.map(
      ({ field, sessions: count, first }) =>
        `  ${field}  ${count} sessions, as ${first.session_id} since revision ${first.revision} ${first.type}`,
    ),
    ...(fields.length > shown.length ? [`  and ${fields.length - shown.length} other fields`] : []),
    ...samples.flatMap(linesOfSession),
  ];
}

function textOf(value: Json | undefined): string {
  const text = value === undefined ? '(none)' : JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
