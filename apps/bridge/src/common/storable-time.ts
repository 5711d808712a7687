/** The year 9999. */
const latestMs = 253e12;

/** A time that PostgreSQL can store (ISO 8601, UTC); null: it is invalid or out of range. */
export function storableTime(time: string | null | undefined): string | null {
  const ms = Date.parse(time ?? '');
  return ms >= 0 && ms < latestMs ? new Date(ms).toISOString() : null;
}
