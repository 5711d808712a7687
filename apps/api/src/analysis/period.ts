import { validationFailed } from '#platform';

const dayMs = 86_400_000;
const usualDays = 31;
const mostDays = 366;

/** January 1 of the year 1: PostgreSQL has no year 0. */
const earliest = Date.parse('0001-01-01T00:00:00Z');

function timeBefore(to: string): string {
  return new Date(Math.max(earliest, Date.parse(to) - usualDays * dayMs)).toISOString();
}

/** The period of a query; by default the last 31 days. @throws ProblemError `validation_failed` beyond 366 days */
export function periodOf(query: { readonly from?: string; readonly to?: string }): {
  from: string;
  to: string;
} {
  const to = query.to ?? new Date().toISOString();
  const from = query.from ?? timeBefore(to);
  if (Date.parse(to) - Date.parse(from) <= mostDays * dayMs) return { from, to };
  throw validationFailed([{ field: 'from', message: `must be at most ${mostDays} days before to` }]);
}
