import type { Pool } from 'pg';
import { dueSessions } from '#read-models';

/**
 * Ids of sessions that seem to be idle for too long at a time (ISO 8601), the longest first, `limit` at most: those whose
 * streams begin with the prefixes.
 */
export type DueSessions = (
  now: string,
  limit: number,
  prefixes: readonly string[],
) => Promise<readonly string[]>;

/** The token of `DueSessions`. */
export const DUE_SESSIONS = Symbol('DUE_SESSIONS');

/** `DueSessions` by the read model. */
export const dueSessionsIn =
  (pool: Pool): DueSessions =>
  (now, limit, prefixes) =>
    dueSessions(pool, now, limit, prefixes);
