import { EventStoreDBClient } from '@eventstore/db-client';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { Turnstream } from '@turnstream/sdk';
import { Failure } from '../tools/shared/failure.ts';

/** A system under test: its api and the engines behind it. */
export interface Target {
  readonly api: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Connections to all of it. */
export interface Engines {
  readonly turnstream: Turnstream;
  readonly store: EventStoreDBClient;
  readonly redis: Redis;
  readonly pool: Pool;
  readonly redisUrl: string;
}

export async function withConnections<T>(
  { api, env }: Target,
  fn: (engines: Engines) => Promise<T>,
): Promise<T> {
  const redisUrl = given(env, 'REDIS_URL');
  const engines: Engines = {
    turnstream: new Turnstream({ url: api, agentId: 'bench', connections: 64 }),
    store: EventStoreDBClient.connectionString(given(env, 'EVENTSTORE_URL')),
    redis: new Redis(redisUrl),
    pool: new Pool({ connectionString: given(env, 'DATABASE_URL'), max: 8 }),
    redisUrl,
  };
  try {
    return await fn(engines);
  } finally {
    engines.redis.disconnect();
    await Promise.all([engines.turnstream.close(), engines.store.dispose(), engines.pool.end()]);
  }
}

function given(env: Target['env'], name: string): string {
  const value = env[name];
  if (value === undefined)
    throw new Failure(`With TURNSTREAM_URL set ${name} is needed too: npm start prints it.`);
  return value;
}

/** Waits until the projector has written the rows of everything recorded so far. */
export async function settle({ pool, store }: Engines, sessions: readonly string[]): Promise<void> {
  const last = await Promise.all(sessions.map((id) => lastRevision(store, id)));
  for (;;) {
    const { rows } = await pool.query<{ behind: string }>(
      `SELECT count(*) AS behind FROM unnest($1::uuid[], $2::int[]) AS wanted (id, revision)
       LEFT JOIN conversation_session ON session_id = id
       WHERE conversation_session.revision IS NULL OR conversation_session.revision < wanted.revision`,
      [sessions, last],
    );
    if (Number(rows[0]?.behind) === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function lastRevision(store: EventStoreDBClient, id: string): Promise<number> {
  const events = store.readStream(`session-${id}`, {
    direction: 'backwards',
    fromRevision: 'end',
    maxCount: 1,
  });
  let revision = -1;
  for await (const { event } of events) revision = Number(event?.revision ?? revision);
  return revision;
}
