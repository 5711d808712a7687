import type { SessionState } from '#domain';

/** How long contexts are kept in Redis. */
export interface ContextLifetime {
  /** Seconds beyond the session's expiry time. */
  readonly marginS?: number;
  /** Seconds after the last write to an ended session. */
  readonly endedS?: number;
}

/**
 * How long a context is kept from now on, in milliseconds. It outlives `expires_at`, so that the process that expires the session
 * and the one that projects that event still find it. The context of an ended session is soon no longer needed.
 */
export function timeToLive(
  { session: { status, expires_at } }: SessionState,
  now: number,
  { marginS = 3_600, endedS = 600 }: ContextLifetime,
): number {
  if (status !== 'active') return endedS * 1_000;
  return Math.max(0, Date.parse(expires_at) - now) + marginS * 1_000;
}
