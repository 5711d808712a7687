import type { Caller, CallerLimits } from '#privacy';
import { forbidden } from './problems.ts';

/** The caller's limits for selecting rows, which have no region. @throws ProblemError `forbidden` */
export function listable({ limits }: Caller): CallerLimits {
  if (limits.regions === undefined) return limits;
  throw forbidden('A token limited to regions has no lists; read a session by its id.');
}
