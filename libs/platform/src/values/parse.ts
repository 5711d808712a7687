/** The largest revision that a caller can name: 15 digits, so that it is exact as a number. */
export const largestRevision = 999_999_999_999_999;

/** The formats that `parseTime` accepts, for error texts. */
export const timeFormat =
  'a date, or a date with a time and its offset from UTC, as 2026-01-05T09:30:00Z or 2026-01-05T15:00:00.250+05:30';

const date = /^(\d{4})-(\d\d)-(\d\d)/;
const timeOfDay = /^T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$/;
/** Time zone offsets in use: at most 14 hours. */
const offset = /(Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))$/;

/**
 * A time in the format of RFC 3339, or a date, which means its midnight in UTC; a time without an offset is in UTC. Seconds have
 * at most six decimals.
 * @returns the time with its offset, as PostgreSQL and `Date` read it; undefined: not a valid time
 */
export function parseTime(text: string): string | undefined {
  const [day, ...numbers] = date.exec(text) ?? [];
  if (day === undefined || !isDay(numbers.map(Number))) return undefined;
  const rest = text.slice(day.length);
  if (rest === '') return `${day}T00:00:00Z`;
  const [zone] = offset.exec(rest) ?? [];
  if (!timeOfDay.test(zone === undefined ? rest : rest.slice(0, -zone.length))) return undefined;
  return zone === undefined ? `${text}Z` : text;
}

/** January 1 of the year 1: PostgreSQL has no year 0. */
const earliest = Date.parse('0001-01-01T00:00:00Z');

/** That many days before a time (ISO 8601), not before the year 1. */
export function daysBefore(time: string, days: number): string {
  return new Date(Math.max(earliest, Date.parse(time) - days * 86_400_000)).toISOString();
}

/** There is no year 0. */
function isDay([year = 0, month = 0, day = 0]: readonly number[]): boolean {
  const found = new Date(0);
  found.setUTCFullYear(year, month - 1, day);
  return year > 0 && found.getUTCMonth() === month - 1 && found.getUTCDate() === day;
}

/** A decimal whole number of at most 15 digits, with an optional minus; undefined: not one. */
export function parseWhole(text: string): number | undefined {
  return /^-?\d{1,15}$/.test(text) ? Number(text) + 0 : undefined;
}
