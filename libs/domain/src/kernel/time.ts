/** The later of two times (ISO 8601); of equal ones, or when there is no former yet, the second. */
export function later(one: string, other: string): string {
  return Date.parse(one) > Date.parse(other) ? one : other;
}

/** A time (ISO 8601) some milliseconds later. */
export function plusMs(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString();
}
