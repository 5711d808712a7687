import { join } from 'node:path';
import { withSystem } from '#launcher';
import { initKeyFile } from '../tools/keys/key-file.ts';
import { median } from '../tools/shared/statistics.ts';
import type { Clients } from './backing-services.ts';
import { settle, withClients } from './backing-services.ts';
import { fill } from './conversations.ts';
import type { CpuPerCommand } from '../tools/shared/cpu-time.ts';
import { cpuPerCall, totalOf } from '../tools/shared/cpu-time.ts';
import { measureReads, turnRecorder } from './cpu.ts';
import type { PrivacyTime } from './privacy-time.ts';
import { measurePrivacyTime, privacyTimeLines } from './privacy-time.ts';

/** CPU time of a call by process, without encryption and with it: means of the rounds. */
interface Cost {
  readonly plain: CpuPerCommand;
  readonly sealed: CpuPerCommand;
  /** Over all processes: that of all rounds together, and the median of the rounds' ratios. */
  readonly ratio: number;
  readonly median: number;
}

export interface PrivacyCost {
  readonly turn: Cost;
  readonly read: Cost;
  readonly time: PrivacyTime;
}

interface PrivacySize {
  readonly rounds: number;
  readonly turns: number;
  readonly reads: number;
  /** How long each of the two is given turns at a time (ms). */
  readonly sliceMs: number;
}

export const fullPrivacy: PrivacySize = { rounds: 20, turns: 2_000, reads: 4_000, sliceMs: 2_000 };
export const quickPrivacy: PrivacySize = { rounds: 8, turns: 300, reads: 1_000, sliceMs: 500 };
/** The maximum cost of a call with encryption, relative to one without. */
export const privacyTarget = 1.15;

const sessionsRead = 64;

/** One of the compared systems, with its measurements. */
interface Side {
  readonly clients: Clients;
  readonly pids: ReadonlyMap<string, number>;
  readonly ids: readonly string[];
  readonly record: (turns: number) => Promise<void>;
}

/** Two private systems side by side, one of them with keys, measured alternately, in short rounds, so that noise affects both alike. */
export function measurePrivacy(size: PrivacySize, report: (text: string) => void): Promise<PrivacyCost> {
  return withSide({}, (plain, dir) => {
    const masterKeys = join(dir, 'master-keys.json');
    initKeyFile(masterKeys);
    const env = {
      KEYSTORE_URL: `file:${join(dir, 'keys.db')}`,
      MASTER_KEYS: `file:${masterKeys}`,
      SEAL_TOGETHER: 'on',
    };
    return withSide(env, async (sealed) => {
      const sides = { plain, sealed };
      for (const side of [plain, sealed]) await turnsOf(side, size);
      const turns: Record<'plain' | 'sealed', CpuPerCommand>[] = [];
      const reads: Record<'plain' | 'sealed', CpuPerCommand>[] = [];
      for (let round = 1; round <= size.rounds; round += 1) {
        turns.push(await ofBoth(sides, round, (side) => turnsOf(side, size)));
        reads.push(await ofBoth(sides, round, (side) => readsOf(side, size)));
        report(`round ${round} of ${size.rounds}`);
      }
      report('turns a second, and answers at half of them');
      const time = await measurePrivacyTime(
        { plain: plain.clients, sealed: sealed.clients },
        { rounds: size.rounds, ms: size.sliceMs },
      );
      return { turn: costOf(turns), read: costOf(reads), time };
    });
  });
}

/** One after the other, each first in every other round. */
async function ofBoth<T>(
  { plain, sealed }: Readonly<Record<'plain' | 'sealed', Side>>,
  round: number,
  measure: (side: Side) => Promise<T>,
): Promise<Record<'plain' | 'sealed', T>> {
  if (round % 2 === 1) return { plain: await measure(plain), sealed: await measure(sealed) };
  const first = await measure(sealed);
  return { plain: await measure(plain), sealed: first };
}

function withSide<T>(
  env: Readonly<Record<string, string>>,
  work: (side: Side, dir: string) => Promise<T>,
): Promise<T> {
  return withSystem({ env }, ({ apis: [api = ''], env: services, supervisor, dir }) =>
    withClients({ api, env: services }, async (clients) => {
      const ids = await fill(clients.store, sessionsRead, 0);
      const more = { name: 'Asha', region: 'Pune', preferences: { call_back: 'evening' } };
      for (const id of ids) {
        const session = clients.turnstream.session(id);
        await session.changePreferences(more.preferences);
        await session.setGoal({ goal: 'resolve_payment', step: 'verify_bank' });
        for (let count = 0; count < 10; count += 1)
          await session.recordTurn({ sender: 'user', message_text: `Where is my payout? ${count}` });
      }
      await settle(clients, ids);
      return work({ clients, pids: supervisor.pids, ids, record: await turnRecorder(clients) }, dir);
    }),
  );
}

function turnsOf({ pids, record }: Side, { turns }: PrivacySize): Promise<CpuPerCommand> {
  return cpuPerCall(pids, turns, () => record(turns));
}

/** Reads contexts as an agent does: from Redis. */
function readsOf({ clients, pids, ids }: Side, { reads }: PrivacySize): Promise<CpuPerCommand> {
  return measureReads(clients.turnstream, pids, ids, reads);
}

function costOf(rounds: readonly Record<'plain' | 'sealed', CpuPerCommand>[]): Cost {
  const plain = means(rounds.map((round) => round.plain));
  const sealed = means(rounds.map((round) => round.sealed));
  return {
    plain,
    sealed,
    ratio: totalOf(sealed) / totalOf(plain),
    median: median(rounds.map((round) => totalOf(round.sealed) / totalOf(round.plain))),
  };
}

function means(all: readonly CpuPerCommand[]): CpuPerCommand {
  const names = Object.keys(all[0] ?? {});
  const mean = (name: string): number => all.reduce((sum, one) => sum + (one[name] ?? 0), 0) / all.length;
  return Object.fromEntries(names.map((name) => [name, mean(name)]));
}

/** The costs as a table. */
export function privacyTable({ turn, read, time }: PrivacyCost): string {
  return [
    ...linesOf('CPU of RecordTurn', turn),
    '',
    ...linesOf('CPU of a context read', read),
    '',
    'Time of RecordTurn',
    ...privacyTimeLines(time),
  ].join('\n');
}

function linesOf(name: string, { plain, sealed, ratio, median: middle }: Cost): string[] {
  return [
    `${name.padEnd(30)}${'plain'.padStart(10)}${'sealed'.padStart(10)}`,
    ...Object.keys(plain).map((process) => {
      const [one, other] = [plain, sealed].map((cpu) => `${(cpu[process] ?? 0).toFixed(0)} µs`);
      return `  ${process.padEnd(28)}${one?.padStart(10)}${other?.padStart(10)}`;
    }),
    `  ${'all, with encryption'.padEnd(28)}${ratio.toFixed(3)} times (target ${privacyTarget}); median of the rounds ${middle.toFixed(3)}`,
  ];
}
