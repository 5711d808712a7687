import { validationFailed } from '#platform';
import type { PastPoint } from '#sessions';
import type { ContextDiffQuery, ContextQuery } from './query.dto.ts';

/** The requested point in the past; undefined: the present. @throws ProblemError `validation_failed` */
export function pointOf({ at_revision, at, min_revision }: ContextQuery): PastPoint | undefined {
  if (min_revision !== undefined && (at_revision !== undefined || at !== undefined))
    throw refused('min_revision', 'is for the present: leave it out with at_revision and at');
  return oneOf({ name: 'at_revision', revision: at_revision }, { name: 'at', time: at });
}

/**
 * The requested points of a difference; undefined: the start, and the present. @throws ProblemError
 * `validation_failed`
 */
export function pointsOf({ from, to, from_at, to_at }: ContextDiffQuery): {
  from: PastPoint | undefined;
  to: PastPoint | undefined;
} {
  if (from !== undefined && to !== undefined && from > to) throw reversed();
  return {
    from: oneOf({ name: 'from', revision: from }, { name: 'from_at', time: from_at }),
    to: oneOf({ name: 'to', revision: to }, { name: 'to_at', time: to_at }),
  };
}

/** The error for a difference whose end is before its start. */
export function reversed(): Error {
  return refused('to', 'must not be before from');
}

function oneOf(
  { name, revision }: { name: string; revision: number | undefined },
  { name: other, time }: { name: string; time: string | undefined },
): PastPoint | undefined {
  if (revision !== undefined && time !== undefined) throw refused(other, `cannot go with ${name}`);
  if (revision !== undefined) return revision < 0 ? undefined : { revision };
  return time === undefined ? undefined : { at: new Date(time) };
}

function refused(field: string, message: string): Error {
  return validationFailed([{ field, message }]);
}
