import type { Caller } from '#privacy';
import { readableSince } from '#privacy';
import type { RowLimits } from '#read-models';
import { forbidden } from './problems.ts';

/** The caller's limits for selecting rows, which have no region. @throws ProblemError `forbidden` */
export function listable({ limits, readDays }: Caller): RowLimits {
  const { partners, channels, regions } = limits;
  if (regions === undefined) return { partners, channels, active_since: readableSince(readDays?.sessions) };
  throw forbidden('A token limited to regions has no lists; read a session by its id.');
}
