import { randomInt, randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { streamMatches } from '#sessions';
import { isUuid } from '../tables/changes.ts';

const keyOfSession = /^(?:ctx|cmd):\{([^}]+)\}$/;
/** Redis keys to look at: some belong to no session, or to other partitions. */
const keysTried = 8;

/** A random session with a row, among the streams with these prefixes; undefined: none was found. */
export async function sampleRow(pool: Pool, prefixes: readonly string[]): Promise<string | undefined> {
  const prefix = prefixes[randomInt(prefixes.length)]?.replace(/^session-/, '') ?? '';
  const start = `${prefix}${randomUUID().slice(prefix.length)}`;
  const first = `${prefix}${'00000000-0000-0000-0000-000000000000'.slice(prefix.length)}`;
  for (const from of [start, first]) {
    const { rows } = await pool.query<{ session_id: string }>(
      'SELECT session_id FROM conversation_session WHERE session_id >= $1::uuid ORDER BY session_id LIMIT 1',
      [from],
    );
    const id = rows[0]?.session_id;
    if (id !== undefined && streamMatches(id, prefixes)) return id;
  }
  return undefined;
}

/** A random session with a context, among the streams with these prefixes; undefined: none was found. */
export async function sampleContext(redis: Redis, prefixes: readonly string[]): Promise<string | undefined> {
  for (let tried = 0; tried < keysTried; tried += 1) {
    const id = keyOfSession.exec((await redis.randomkey()) ?? '')?.[1];
    if (id !== undefined && isUuid(id) && streamMatches(id, prefixes)) return id;
  }
  return undefined;
}
