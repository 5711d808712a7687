/** The later of two times (ISO 8601); the second when they are equal or the first is absent. */
export function later(one: string, other: string): string {
  return Date.parse(one) > Date.parse(other) ? one : other;
}

/** A time (ISO 8601) some milliseconds later. */
export function plusMs(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString();
}
