/** The prefix of the names of all access logs. */
export const accessPrefix = 'access-';

/** The access log of a day (UTC). */
export function accessStream(at: Date): string {
  return `${accessPrefix}${at.toISOString().slice(0, 10)}`;
}

export function isAccessStream(stream: string): boolean {
  return stream.startsWith(accessPrefix);
}
