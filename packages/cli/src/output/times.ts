import { usageError } from '../failure.ts';

const formats = new Map<boolean, Intl.DateTimeFormat>();

/** A time to the second, in the local zone or in UTC; other text stays unchanged. */
export function formatTime(time: string, utc: boolean): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  // The Swedish format is that of ISO 8601.
  const format =
    formats.get(utc) ??
    new Intl.DateTimeFormat('sv-SE', {
      dateStyle: 'short',
      timeStyle: 'medium',
      ...(utc && { timeZone: 'UTC' }),
    });
  formats.set(utc, format);
  return `${format.format(date)}${utc ? 'Z' : ''}`;
}

const agoUnits: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const localForm = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)?$/;
const zonedForm = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/i;

/**
 * Parses a time of the command line into ISO 8601 in UTC: `2026-03-01`, `2026-03-01T10:00`, both in the local zone unless `utc`,
 * with a zone (`…T10:00+05:30`), or an age (`90s`, `15m`, `2h`, `3d`).
 * @throws Failure for anything else
 */
export function parseTime(text: string, utc: boolean, now = Date.now()): string {
  const [, amount, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) return new Date(now - Number(amount) * (agoUnits[unit] ?? 0)).toISOString();
  const local = localForm.test(text);
  if (local || zonedForm.test(text)) {
    const whole = text.includes(':') ? text.replace(' ', 'T') : `${text}T00:00`;
    const date = new Date(local && utc ? `${whole}Z` : whole);
    if (!Number.isNaN(date.getTime())) return date.toISOString();
  }
  throw usageError(
    `${text} is not a time, such as 2026-03-01, 2026-03-01T10:00, 2026-03-01T10:00Z or 2h (ago).`,
  );
}
