import { once } from 'node:events';
import { join } from 'node:path';
import { inParallel } from '#platform';
import { Failure } from '../tools/shared/failure.ts';
import { forkProgram, killChild } from '../tools/shared/fork.ts';
import { lastLines, run } from '../tools/shared/run.ts';
import { authorization } from '../tools/shared/token.ts';
import type { Clients } from './backing-services.ts';
import { settle } from './backing-services.ts';
import { contextBytes, eventBytes } from './bytes.ts';
import { fill, turn } from './conversations.ts';

/** A conversation memory with an HTTP API. */
export interface MemorySystem {
  readonly name: string;
  readonly url: URL;
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Starts conversations with this many turns. @returns their ids */
  begin(count: number, turns: number): Promise<string[]>;
  readonly paths: { turns(id: string): string; read(id: string): string };
  /** Waits until everything recorded in these conversations is stored in all stores. */
  settle(ids: readonly string[]): Promise<void>;
  /** The name of its PostgreSQL database. */
  readonly database: string;
  /** The bytes of a turn that it stores outside of that database. */
  readonly bytesOutside: number;
}

/** The turn that every system records: a user's message with the bot's reply. */
export const fullTurn = {
  ...turn,
  response_text: 'I am looking into your October payout, and tell you here as soon as the bank answers.',
} as const;

const messagesOfTurn = 2;
/**
 * The last turns of a conversation, which are in its context, are recorded through the API, so that they are sealed
 * like all later ones.
 */
const recorded = 5;
const conversationsAtOnce = 8;

/** The Turnstream system of these clients. */
export async function turnstreamSystem(
  clients: Clients,
  api: string,
  databaseUrl: string,
): Promise<MemorySystem> {
  const { turnstream, store } = clients;
  const begin = async (count: number, turns: number): Promise<string[]> => {
    const ids = await fill(store, count, messagesOfTurn * Math.max(0, turns - recorded));
    for (let left = Math.min(turns, recorded); left > 0; left -= 1)
      await Promise.all(ids.map((id) => turnstream.session(id).recordTurn(fullTurn)));
    await settle(clients, ids);
    return ids;
  };
  const [id = ''] = await begin(1, recorded);
  return {
    name: 'Turnstream',
    url: new URL(api),
    headers: { 'agent-id': 'bench', ...authorization() },
    paths: { turns: (id) => `/v1/sessions/${id}/turns`, read: (id) => `/v1/sessions/${id}/context` },
    begin,
    settle: (ids) => settle(clients, ids),
    database: new URL(databaseUrl).pathname.slice(1),
    bytesOutside: messagesOfTurn * ((await eventBytes(clients, id)) + (await contextBytes(clients, id))),
  };
}

/** The programs of `peers/`. */
const peers = { emmett: 'Emmett', langgraph: 'LangGraph' } as const;

/** Runs the peers, each with its own database on the same PostgreSQL. */
export async function withPeers<T>(
  pool: Clients['pool'],
  databaseUrl: string,
  work: (systems: MemorySystem[]) => Promise<T>,
): Promise<T> {
  const started: (MemorySystem & { close(): Promise<void> })[] = [];
  try {
    for (const program of Object.keys(peers) as (keyof typeof peers)[])
      started.push(await startPeer(program, pool, databaseUrl));
    return await work(started);
  } finally {
    for (const peer of started) await peer.close();
  }
}

async function startPeer(
  program: keyof typeof peers,
  pool: Clients['pool'],
  databaseUrl: string,
): Promise<MemorySystem & { close(): Promise<void> }> {
  const database = `peer_${program}_${process.pid}`;
  await pool.query(`CREATE DATABASE ${database}`);
  const child = forkProgram(join(folder, `${program}.mjs`), {
    PEER_DATABASE_URL: new URL(`/${database}`, databaseUrl).href,
  });
  const close = async (): Promise<void> => {
    await killChild(child);
    await pool.query(`DROP DATABASE ${database} WITH (FORCE)`);
  };
  try {
    const [address] = (await once(child, 'message', { signal: AbortSignal.timeout(60_000) })) as [string];
    const url = new URL(address);
    const begin = async (count: number, turns: number): Promise<string[]> => {
      const ids: string[] = [];
      await inParallel(Array.from({ length: count }), conversationsAtOnce, async () => {
        ids.push(await beginOne(url, turns));
      });
      return ids;
    };
    return {
      name: peers[program],
      url,
      headers: {},
      database,
      paths: peerPaths,
      begin,
      settle: nothing,
      bytesOutside: 0,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const peerPaths = {
  turns: (id: string) => `/conversations/${id}/turns`,
  read: (id: string) => `/conversations/${id}`,
};

const nothing = (): Promise<void> => Promise.resolve();

async function beginOne(url: URL, turns: number): Promise<string> {
  const response = await fetch(new URL('/conversations', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ turns, turn: fullTurn }),
  });
  if (!response.ok) throw new Error(`A peer answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { readonly id: string }).id;
}

/** A separate package, so that the peers are installed only for a comparison. */
const folder = join(import.meta.dirname, 'peers');

/** Installs the peers' packages, unless the versions of the lock file are installed. */
export async function installPeers(report: (text: string) => void): Promise<void> {
  const { npm_execpath: path } = process.env;
  const npm = (...words: readonly string[]): ReturnType<typeof run> =>
    run([...(path ? [process.execPath, path] : ['npm']), ...words], { cwd: folder });
  if ((await npm('ls', '--all')).code === 0) return;
  report('installing the packages of the peers (npm ci)');
  const { code, output } = await npm('ci', '--no-audit', '--no-fund', '--loglevel=error');
  if (code !== 0)
    throw new Failure(`The packages of the peers cannot be installed in ${folder}: ${lastLines(output)}`);
}
