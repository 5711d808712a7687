import { validationFailed } from '#platform';

const dayMs = 86_400_000;
export const usualDays = 31;
export const mostDaysOfAnalysts = 366;

/** No earlier than the first of January of the year 1: there is no year 0 in PostgreSQL. */
const earliest = Date.parse('0001-01-01T00:00:00Z');

function timeBefore(to: string): string {
  return new Date(Math.max(earliest, Date.parse(to) - usualDays * dayMs)).toISOString();
}

/**
 * The period that is asked of; left out: the last 31 days.
 * @param instead what else the caller may do
 * @throws ProblemError `validation_failed` beyond `mostDays`
 */
export function periodOf(
  query: { readonly from?: string; readonly to?: string },
  mostDays = mostDaysOfAnalysts,
  instead = '',
): { from: string; to: string } {
  const to = query.to ?? new Date().toISOString();
  const from = query.from ?? timeBefore(to);
  if (Date.parse(to) - Date.parse(from) <= mostDays * dayMs) return { from, to };
  throw validationFailed([
    { field: 'from', message: `must be at most ${mostDays} days before to${instead}` },
  ]);
}
