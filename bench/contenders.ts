import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { NO_STREAM } from '@eventstore/db-client';
import { Turnstream } from '@turnstream/sdk';
import type { Session } from '@turnstream/sdk';
import { fill, turn, turnEvent } from './conversations.ts';
import { forkProgram, killChild } from '../tools/shared/fork.ts';
import type { Clients } from './backing-services.ts';
import { settle } from './backing-services.ts';

/** A kind of call whose throughput is measured. */
export interface Contender {
  readonly name: string;
  /** Called before each slice; not measured. */
  prepare(inFlight: number): Promise<void>;
  call(caller: number): Promise<unknown>;
  /** Called after each slice: waits for remaining work. */
  rest(): Promise<void>;
}

/** Turns of a newly started conversation. */
const shortTurns = 10;

const nothing = (): Promise<void> => Promise.resolve();

/**
 * appendToStream of the same event through the client; each caller has its own stream, with the expected revision.
 * `followed`: streams of conversations, which the projector follows as for RecordTurn; otherwise streams without a
 * reader.
 */
export function rawAppends(clients: Clients, { followed }: { followed: boolean }): Contender {
  const { store } = clients;
  let streams: { id: string; name: string; revision: number }[] = [];
  return {
    name: followed ? 'raw appendToStream' : 'raw appendToStream, nobody reading',
    prepare: async (inFlight) => {
      const ids = followed ? await fill(store, inFlight, shortTurns) : unread(inFlight);
      if (followed) await settle(clients, ids);
      const [prefix, revision] = followed ? ['session', shortTurns] : ['bench', -1];
      streams = ids.map((id) => ({ id, name: `${prefix}-${id}`, revision }));
    },
    call: async (caller) => {
      const stream = streams[caller];
      if (stream === undefined) throw new Error(`There is no caller ${caller}.`);
      const expectedRevision = stream.revision < 0 ? NO_STREAM : BigInt(stream.revision);
      await store.appendToStream(stream.name, turnEvent(), { expectedRevision });
      stream.revision += 1;
    },
    rest: async () => {
      if (followed)
        await settle(
          clients,
          streams.map(({ id }) => id),
        );
    },
  };
}

function unread(count: number): string[] {
  return Array.from({ length: count }, () => randomUUID());
}

/**
 * RecordTurn over HTTP, each caller in its own conversation. Short conversations are created for each slice, since
 * they grow; long ones are reused.
 */
export function recordTurn(clients: Clients, turns: number): Contender {
  const { store, turnstream } = clients;
  let sessions: Session[] = [];
  return {
    name: `RecordTurn at ${turns.toLocaleString('en')} turns`,
    prepare: async (inFlight) => {
      if (turns < 1_000) sessions = [];
      const ids = await fill(store, Math.max(0, inFlight - sessions.length), turns);
      sessions.push(...ids.map((id) => turnstream.session(id)));
      await settle(clients, ids);
      await Promise.all(sessions.slice(0, inFlight).map((session) => session.recordTurn(turn)));
    },
    call: (caller) => recordIn(sessions, caller),
    rest: () =>
      settle(
        clients,
        sessions.map(({ id }) => id),
      ),
  };
}

async function recordIn(sessions: readonly Session[], caller: number): Promise<unknown> {
  return sessions[caller]?.recordTurn(turn);
}

/** GET of the context over HTTP. */
export function contextReads({ turnstream }: Clients, ids: readonly string[]): Contender {
  return readsThrough('context over HTTP', turnstream, ids);
}

/** The same bytes from the bare server, with the same client. */
export async function bareReads(clients: Clients, ids: readonly string[]): Promise<Contender & BareServer> {
  const server = await startBareServer(clients, ids);
  return { ...readsThrough('bare Fastify and Redis HMGET', server.client, ids), ...server };
}

export interface BareServer {
  readonly client: Turnstream;
  readonly pid: number;
  close(): Promise<void>;
}

/** A bare server in its own process, with the contexts of some sessions in Redis. */
export async function startBareServer(
  { turnstream, redis, redisUrl }: Pick<Clients, 'turnstream' | 'redis' | 'redisUrl'>,
  ids: readonly string[],
): Promise<BareServer> {
  let fields: string[] = [];
  for (const id of ids) {
    const context = Object.entries(await turnstream.session(id).context({ minRevision: 0 }));
    fields = context.map(([name]) => name);
    await redis.hset(`bench:${id}`, ...context.flatMap(([name, value]) => [name, JSON.stringify(value)]));
    await redis.expire(`bench:${id}`, 3_600);
  }
  const env = { REDIS_URL: redisUrl, BENCH_FIELDS: fields.join(',') };
  const child = forkProgram(join(import.meta.dirname, 'bare-server.ts'), env);
  const [url] = (await once(child, 'message', { signal: AbortSignal.timeout(30_000) })) as [string];
  const client = new Turnstream({ url, agentId: 'bench', connections: 64 });
  const close = async (): Promise<void> => {
    await client.close();
    await killChild(child);
    await redis.del(...ids.map((id) => `bench:${id}`));
  };
  return { client, pid: child.pid ?? 0, close };
}

function readsThrough(name: string, client: Turnstream, ids: readonly string[]): Contender {
  const sessions = ids.map((id) => client.session(id));
  let next = 0;
  const call = async (): Promise<unknown> => {
    next += 1;
    return sessions[next % sessions.length]?.context({ minRevision: 0 });
  };
  return { name, prepare: nothing, call, rest: nothing };
}
