/** A time (ISO 8601) some milliseconds later. */
export function plusMs(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString();
}
