import { daysBefore, validationFailed } from '#platform';

const dayMs = 86_400_000;
export const usualDays = 31;
export const mostDaysOfAnalysts = 366;

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
  const from = query.from ?? daysBefore(to, usualDays);
  if (Date.parse(to) - Date.parse(from) <= mostDays * dayMs) return { from, to };
  throw validationFailed([
    { field: 'from', message: `must be at most ${mostDays} days before to${instead}` },
  ]);
}
