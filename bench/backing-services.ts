import { EventStoreDBClient } from '@eventstore/db-client';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { Turnstream } from '@turnstream/sdk';
import { waitUntil } from '#platform';
import { Failure } from '../tools/shared/failure.ts';

/** A system under test: its api and the variables of its backing services. */
interface Target {
  readonly api: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Clients for the api and for the backing services. */
export interface Clients {
  readonly turnstream: Turnstream;
  readonly store: EventStoreDBClient;
  readonly redis: Redis;
  readonly pool: Pool;
  readonly redisUrl: string;
}

export async function withClients<T>(
  { api, env }: Target,
  work: (clients: Clients) => Promise<T>,
): Promise<T> {
  const redisUrl = required(env, 'REDIS_URL');
  const clients: Clients = {
    turnstream: new Turnstream({ url: api, agentId: 'bench', connections: 64 }),
    store: EventStoreDBClient.connectionString(required(env, 'EVENTSTORE_URL')),
    redis: new Redis(redisUrl),
    pool: new Pool({ connectionString: required(env, 'DATABASE_URL'), max: 8 }),
    redisUrl,
  };
  try {
    return await work(clients);
  } finally {
    clients.redis.disconnect();
    await Promise.all([clients.turnstream.close(), clients.store.dispose(), clients.pool.end()]);
  }
}

function required(env: Target['env'], name: string): string {
  const value = env[name];
  if (value === undefined)
    throw new Failure(`With TURNSTREAM_URL set ${name} is needed too: npm start prints it.`);
  return value;
}

/** Waits until the projector has written the rows of everything recorded so far. */
export async function settle({ pool, store }: Clients, sessions: readonly string[]): Promise<void> {
  const last = await Promise.all(sessions.map((id) => lastRevision(store, id)));
  const areWritten = async (): Promise<boolean> => {
    const { rows } = await pool.query<{ behind: string }>(
      `SELECT count(*) AS behind FROM unnest($1::uuid[], $2::int[]) AS wanted (id, revision)
       LEFT JOIN conversation_session ON session_id = id
       WHERE conversation_session.revision IS NULL OR conversation_session.revision < wanted.revision`,
      [sessions, last],
    );
    return Number(rows[0]?.behind) === 0;
  };
  await waitUntil(areWritten, { what: 'the rows of every session', timeoutMs: 300_000, everyMs: 50 });
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
