import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { ProjectorHarness } from '../test-harness.ts';
import { turn } from '../test-harness.ts';

/** Sessions with a turn each, projected. */
export async function projectedSessions(harness: ProjectorHarness, count: number): Promise<string[]> {
  const ids = await harness.sessions(count);
  await Promise.all(ids.map((id) => harness.send(id, turn(randomUUID()))));
  await harness.settled(ids);
  return ids;
}

/** How many turns a schema has of a session. */
export async function countTurns(pool: Pool, schema: string, id: string): Promise<number> {
  const query = `SELECT FROM ${schema}.conversation_turn WHERE session_id = $1`;
  return (await pool.query(query, [id])).rowCount ?? 0;
}
