import { validationFailed } from '#platform';

const dayMs = 86_400_000;
export const usualDays = 31;
export const mostDaysOfAnalysts = 366;

/** January 1 of the year 1: PostgreSQL has no year 0. */
const earliest = Date.parse('0001-01-01T00:00:00Z');

function timeBefore(to: string): string {
  return new Date(Math.max(earliest, Date.parse(to) - usualDays * dayMs)).toISOString();
}

/**
 * The period of a query; by default the last 31 days.
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
