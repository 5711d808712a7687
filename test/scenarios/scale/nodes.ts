import { randomUUID } from 'node:crypto';
import { sleep, waitUntil } from '#platform';
import type { CpuPerCommand } from '../../../tools/shared/cpu-time.ts';
import { cpuPerCall } from '../../../tools/shared/cpu-time.ts';
import { median } from '../../../tools/shared/statistics.ts';
import type { ConnectedSystem } from '../clients.ts';
import { waitUntilShared, withSecondBridge, withSecondProjector } from '../second-bridge.ts';
import { authorization } from '../../../tools/shared/token.ts';
import { sendUntilAcknowledged } from './writers.ts';

interface Size {
  /** Commands per measurement, and the number of measurements. */
  readonly commands: number;
  readonly rounds: number;
  readonly onProgress: (text: string) => void;
}

/** CPU time of a command in µs, by kind of process: the median of the rounds. */
export interface CpuByNodes {
  /** By the number of api nodes, with one projector and one bridge. */
  readonly apis: ReadonlyMap<number, CpuPerCommand>;
  /** With one api node, and two projectors and two bridges. */
  readonly twoWorkers: CpuPerCommand;
}

const callers = 32;
const apiCounts = [1, 2, 4] as const;
/** Two projectors and two bridges need some heartbeats to divide the partitions. */
const settleMs = 5_000;

/**
 * Records the same turns through one, two and four api nodes, then with a second projector and bridge, round after
 * round, and divides the CPU time of all processes of a kind by the number of commands. Unused nodes are stopped
 * meanwhile.
 */
export async function compareNodes(
  system: ConnectedSystem,
  { commands, rounds, onProgress }: Size,
): Promise<CpuByNodes> {
  const samples = new Map<string, CpuPerCommand[]>();
  const measure = async (name: string, apis: number, more: ReadonlyMap<string, number>): Promise<void> => {
    const cpu = await withApis(system, apis, () => measureOne(system, apis, commands, more));
    samples.set(name, [...(samples.get(name) ?? []), cpu]);
    onProgress(`${name}: ${shown(cpu)}`);
  };
  const warmUp = (apis: number) => measureOne(system, apis, commands, new Map());
  await warmUp(system.apis.length);
  for (let round = 0; round < rounds; round += 1) {
    for (const apis of apiCounts) await measure(`${apis} api`, apis, new Map());
    await withSecondProjector(system, (projector) =>
      withSecondBridge(system, async (bridge) => {
        await waitUntilShared(system);
        await sleep(settleMs);
        await warmUp(1);
        const more = new Map([
          ['projector-2', projector],
          ['bridge-2', bridge],
        ]);
        await measure('2 projectors and bridges', 1, more);
      }),
    );
  }
  const of = (name: string): CpuPerCommand => medians(samples.get(name) ?? []);
  return {
    apis: new Map(apiCounts.map((apis) => [apis, of(`${apis} api`)])),
    twoWorkers: of('2 projectors and bridges'),
  };
}

export function shown(cpu: CpuPerCommand): string {
  return Object.entries(cpu)
    .map(([kind, micros]) => `${kind} ${micros}`)
    .join(', ');
}

/** Stops the unused api nodes. */
async function withApis<T>(system: ConnectedSystem, used: number, work: () => Promise<T>): Promise<T> {
  const unused = system.apis.slice(used).map((_, n) => apiName(used + n));
  for (const name of unused) system.signal(name, 'SIGSTOP');
  try {
    return await work();
  } finally {
    for (const name of unused) system.signal(name, 'SIGCONT');
  }
}

const apiName = (index: number): string => (index === 0 ? 'api' : `api-${index + 1}`);

async function measureOne(
  system: ConnectedSystem,
  apis: number,
  commands: number,
  more: ReadonlyMap<string, number>,
): Promise<CpuPerCommand> {
  const headers = authorization();
  const targets = system.apis.slice(0, apis).map((url) => ({ url, headers }));
  const target = (n: number) => targets[n % targets.length] ?? { url: '', headers };
  const start = { partner_id: `P-${randomUUID()}`, channel: 'whatsapp', language: 'en' };
  const ids = await Promise.all(
    Array.from({ length: callers }, async (_, n) => {
      const body = { ...start, partner_id: `${start.partner_id}-${n}` };
      return (await sendUntilAcknowledged(target(n), '/v1/sessions', body, randomUUID())).session_id;
    }),
  );
  const turns = Math.ceil(commands / callers);
  const record = async (id: string, n: number): Promise<void> => {
    for (let turn = 0; turn < turns; turn += 1) {
      const body = { sender: 'user', message_text: `My payout for October has not arrived: ${turn}.` };
      await sendUntilAcknowledged(target(n), `/v1/sessions/${id}/turns`, body, randomUUID());
    }
  };
  const cpu = await cpuPerCall(new Map([...system.pids, ...more]), turns * callers, async () => {
    await Promise.all(ids.map(record));
    await written(system, ids, turns);
  });
  return byKind(cpu);
}

/** Waits until every turn has a row. */
async function written({ pool }: ConnectedSystem, ids: readonly string[], revision: number): Promise<void> {
  const sql =
    'SELECT count(*)::int AS count FROM conversation_session WHERE session_id = ANY ($1) AND revision >= $2';
  const areWritten = async (): Promise<boolean> =>
    (await pool.query<{ count: number }>(sql, [ids, revision])).rows[0]?.count === ids.length;
  await waitUntil(areWritten, { what: 'the rows of every session', timeoutMs: 300_000, everyMs: 50 });
}

/** Sums the processes of a kind: `api` and `api-2` are one kind. */
function byKind(cpu: CpuPerCommand): CpuPerCommand {
  const sums: Record<string, number> = {};
  for (const [name, micros] of Object.entries(cpu)) {
    const kind = name.replace(/-\d+$/, '');
    sums[kind] = (sums[kind] ?? 0) + micros;
  }
  return sums;
}

function medians(samples: readonly CpuPerCommand[]): CpuPerCommand {
  const kinds = Object.keys(samples[0] ?? {});
  return Object.fromEntries(kinds.map((kind) => [kind, median(samples.map((cpu) => cpu[kind] ?? 0))]));
}
