import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withSystem } from '#launcher';
import { ownKeys } from '../tools/launcher/keys.ts';
import type { Latency } from '../tools/shared/statistics.ts';
import { latencyOf, median } from '../tools/shared/statistics.ts';
import type { Clients } from './backing-services.ts';
import { withClients } from './backing-services.ts';
import type { Contender } from './contenders.ts';
import { HttpSockets } from './http-sockets.ts';
import type { Slice } from './load.ts';
import type { MemorySystem } from './peer-systems.ts';
import { fullTurn, installPeers, turnstreamSystem, withPeers } from './peer-systems.ts';
import { rounds } from './run.ts';

interface PeersSize {
  readonly inFlight: number;
  readonly lengths: readonly number[];
  readonly rounds: number;
  readonly sliceMs: number;
}

export const fullPeers: PeersSize = { inFlight: 64, lengths: [10, 100, 1_000], rounds: 7, sliceMs: 1_500 };
export const quickPeers: PeersSize = { inFlight: 16, lengths: [10, 100, 1_000], rounds: 3, sliceMs: 500 };
/** The target: how many times as many turns per second Turnstream records, in short conversations. */
export const peersTarget = { turns: 10, times: { Emmett: 3, LangGraph: 6 } } as const;

interface Speed extends Latency {
  readonly per_second: number;
  /** Turnstream's speed as a multiple of this one's: the median of the rounds. */
  readonly turnstream_times: number;
}

interface PeerLine {
  readonly system: string;
  /** Turns per conversation, each a user's message with its reply. */
  readonly turns: number;
  readonly record: Speed;
  readonly read: Speed;
  readonly bytes_per_turn: number;
}

export interface PeersResult {
  readonly in_flight: number;
  readonly lines: readonly PeerLine[];
}

/** Measures a private system and the peers, one after another in every round, on the same PostgreSQL. */
export async function measurePeers(size: PeersSize, report: (text: string) => void): Promise<PeersResult> {
  await installPeers(report);
  const keys = mkdtempSync(join(tmpdir(), 'turnstream-keys-'));
  const remove = (): void => rmSync(keys, { recursive: true, force: true });
  return withSystem({ env: ownKeys(keys, {}) }, ({ apis: [api = ''], env }) =>
    withClients({ api, env }, (clients) => {
      const { DATABASE_URL: url = '' } = env;
      return withPeers(clients.pool, url, async (peers) => {
        const systems = [await turnstreamSystem(clients, api, url), ...peers];
        const lines: PeerLine[] = [];
        for (const turns of size.lengths)
          for (const line of await ofLength(clients, systems, turns, size, report)) {
            report(lineOf(line));
            lines.push(line);
          }
        return { in_flight: size.inFlight, lines };
      });
    }),
  ).finally(remove);
}

async function ofLength(
  clients: Clients,
  systems: readonly MemorySystem[],
  turns: number,
  size: PeersSize,
  report: (text: string) => void,
): Promise<PeerLine[]> {
  report(`conversations of ${turns.toLocaleString('en')} turns`);
  const writers = systems.map((system) => recorder(clients, system, turns));
  const readers = systems.map((system) => reader(system, turns));
  const slices = await rounds([...writers, ...readers], size.inFlight, size, report);
  return systems.map((system, index) => ({
    system: system.name,
    turns,
    record: speedOf(writers, index, slices),
    read: speedOf(readers, index, slices),
    bytes_per_turn: (writers[index]?.bytesPerTurn() ?? NaN) + system.bytesOutside,
  }));
}

interface Recorder extends Contender {
  /** The growth of its database per turn. */
  bytesPerTurn(): number;
}

/** Records turns, each caller in its own conversation: a new one for each slice, unless it is long. */
function recorder({ pool }: Clients, system: MemorySystem, turns: number): Recorder {
  const { name, database, paths } = system;
  const body = JSON.stringify(fullTurn);
  let ids: string[] = [];
  let connections = new HttpSockets(system.url);
  let before = 0;
  const total = { bytes: 0, turns: 0 };
  const size = async (): Promise<number> => {
    const { rows } = await pool.query<{ bytes: number }>('SELECT pg_database_size($1)::float8 AS bytes', [
      database,
    ]);
    return rows[0]?.bytes ?? NaN;
  };
  return {
    name: `${name}: a turn`,
    prepare: async (inFlight) => {
      if (turns < 1_000 || ids.length === 0) ids = await system.begin(inFlight, turns);
      connections = new HttpSockets(system.url);
      before = await size();
    },
    call: async (caller) => {
      await send(connections, system, 'POST', paths.turns(ids[caller] ?? ''), body);
      total.turns += 1;
    },
    rest: async () => {
      connections.close();
      await system.settle(ids);
      total.bytes += (await size()) - before;
    },
    bytesPerTurn: () => total.bytes / total.turns,
  };
}

/** Reads conversations, which do not change. */
function reader(system: MemorySystem, turns: number): Contender {
  let ids: string[] = [];
  let connections = new HttpSockets(system.url);
  return {
    name: `${system.name}: a read`,
    prepare: async (inFlight) => {
      if (ids.length === 0) ids = await system.begin(inFlight, turns);
      connections = new HttpSockets(system.url);
    },
    call: (caller) => send(connections, system, 'GET', system.paths.read(ids[caller] ?? '')),
    rest: async () => connections.close(),
  };
}

async function send(
  connections: HttpSockets,
  { name, url, headers }: MemorySystem,
  method: string,
  path: string,
  body = '',
): Promise<void> {
  const all = {
    host: url.host,
    ...headers,
    ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  };
  const head = Object.entries(all).map(([header, value]) => `${header}: ${value}\r\n`);
  const status = await connections.send(`${method} ${path} HTTP/1.1\r\n${head.join('')}\r\n${body}`);
  if (status !== 200 && status !== 201) throw new Error(`${name} answered ${method} ${path} with ${status}.`);
}

function speedOf(
  contenders: readonly Contender[],
  index: number,
  slices: ReadonlyMap<Contender, readonly Slice[]>,
): Speed {
  const [turnstream = [], own = []] = [0, index].map((one) => {
    const contender = contenders[one];
    return contender === undefined ? [] : slices.get(contender);
  });
  const times = own.map(({ perSecond }, round) => (turnstream[round]?.perSecond ?? NaN) / perSecond);
  return {
    per_second: median(own.map(({ perSecond }) => perSecond)),
    turnstream_times: median(times),
    ...latencyOf(own.flatMap(({ latencies }) => latencies)),
  };
}

/** Whether Turnstream reaches its targets. */
export function areAhead({ lines }: PeersResult): boolean {
  return Object.entries(peersTarget.times).every(([peer, times]) => {
    const line = lines.find(({ system, turns }) => system === peer && turns === peersTarget.turns);
    return line !== undefined && line.record.turnstream_times >= times;
  });
}

/** The result as a table. */
export function peersTable({ in_flight, lines }: PeersResult): string {
  const head = row([
    '',
    'turns',
    'turns/s',
    'p50 ms',
    'p99 ms',
    'times',
    'reads/s',
    'p50 ms',
    'p99 ms',
    'times',
    'bytes',
  ]);
  const targets = Object.entries(peersTarget.times).map(([peer, times]) => `${times} of ${peer}`);
  return [
    head,
    ...lines.map(lineOf),
    '',
    `${in_flight} callers; times: Turnstream's speed as a multiple of this one; bytes: stored of a turn`,
    `target: at ${peersTarget.turns} turns, turns/s of at least ${targets.join(' and ')}`,
  ].join('\n');
}

function lineOf({ system, turns, record, read, bytes_per_turn }: PeerLine): string {
  return row([system, count(turns), ...cells(record), ...cells(read), count(bytes_per_turn)]);
}

function cells({ per_second, p50, p99, turnstream_times }: Speed): string[] {
  return [count(per_second), p50.toFixed(1), p99.toFixed(1), turnstream_times.toFixed(1)];
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function row([name = '', ...cells]: readonly string[]): string {
  return `${name.padEnd(12)}${cells.map((cell) => cell.padStart(10)).join('')}`;
}
