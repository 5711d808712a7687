import type { SessionState } from '#domain';

/** How long contexts are kept in Redis. */
export interface ContextLifetime {
  /** Seconds beyond the time at which the session expires. */
  readonly marginS?: number;
  /** Seconds after the last write to a session that is over. */
  readonly endedS?: number;
}

/**
 * How long a context is kept from now on, in milliseconds. It outlives `expires_at`, so that whoever expires the session,
 * and whoever projects that, still finds it; of a session that is over it is soon not needed any more.
 */
export function timeToLive(
  { session: { status, expires_at } }: SessionState,
  now: number,
  { marginS = 3_600, endedS = 600 }: ContextLifetime,
): number {
  if (status !== 'active') return endedS * 1_000;
  return Math.max(0, Date.parse(expires_at) - now) + marginS * 1_000;
}
