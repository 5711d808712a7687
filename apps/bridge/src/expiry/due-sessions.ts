import type { Pool } from 'pg';
import { dueSessions } from '#read-models';

/**
 * Ids of sessions that the table shows as idle for too long at a time (ISO 8601), longest first, `limit` at most;
 * only streams with one of the prefixes.
 */
export type DueSessions = (
  now: string,
  limit: number,
  prefixes: readonly string[],
) => Promise<readonly string[]>;

/** Injection token of `DueSessions`. */
export const DUE_SESSIONS = Symbol('DUE_SESSIONS');

/** `DueSessions` of the read model. */
export const dueSessionsIn =
  (pool: Pool): DueSessions =>
  (now, limit, prefixes) =>
    dueSessions(pool, now, limit, prefixes);
