import { median, percentile } from '../tools/shared/statistics.ts';
import type { Clients } from './backing-services.ts';
import { settle } from './backing-services.ts';
import { fill, turn } from './conversations.ts';
import { inFlight } from './cpu.ts';
import { load, paced } from './load.ts';

/** One figure of a system without encryption, and of one with it. */
interface Pair {
  readonly plain: number;
  readonly sealed: number;
}

export interface PrivacyTime {
  /** Turns a second of 64 callers that wait for each answer. */
  readonly perSecond: Pair;
  /** Until half of the answers have arrived, at half of the turns a second without encryption (ms). */
  readonly p50: Pair & { readonly perSecond: number };
}

/** Turns a second and times of answers of two systems, measured alternately. */
export async function measurePrivacyTime(
  { plain, sealed }: { readonly plain: Clients; readonly sealed: Clients },
  { rounds, ms }: { readonly rounds: number; readonly ms: number },
): Promise<PrivacyTime> {
  const recorders = [await recorder(plain), await recorder(sealed)] as const;
  const perSecond = await alternately(recorders, rounds, async ({ record, rest }) => {
    const slice = await load(inFlight, ms, record);
    await rest();
    return slice.perSecond;
  });
  const half = perSecond.plain / 2;
  const p50 = await alternately(recorders, rounds, async ({ record, rest }) => {
    const times: number[] = [];
    await paced(half, ms, async (index) => {
      const sent = performance.now();
      await record(index % inFlight);
      times.push(performance.now() - sent);
    });
    await rest();
    return percentile(times, 0.5);
  });
  return { perSecond, p50: { perSecond: half, ...p50 } };
}

type Recorder = Awaited<ReturnType<typeof recorder>>;

/** Records turns in conversations of its own, one for each caller, of which the system has had a turn. */
async function recorder(clients: Clients) {
  const ids = await fill(clients.store, inFlight, 10);
  const sessions = ids.map((id) => clients.turnstream.session(id));
  const record = async (caller: number): Promise<unknown> => sessions[caller]?.recordTurn(turn);
  const rest = (): Promise<void> => settle(clients, ids);
  await Promise.all(sessions.map((session) => session.recordTurn(turn)));
  await rest();
  return { record, rest };
}

/** The medians of the rounds. */
async function alternately(
  [plain, sealed]: readonly [Recorder, Recorder],
  rounds: number,
  measure: (recorder: Recorder) => Promise<number>,
): Promise<Pair> {
  const results: Pair[] = [];
  for (let round = 0; round < rounds; round += 1)
    results.push({ plain: await measure(plain), sealed: await measure(sealed) });
  return {
    plain: median(results.map((one) => one.plain)),
    sealed: median(results.map((one) => one.sealed)),
  };
}

/** The times as lines of a table. */
export function privacyTimeLines({ perSecond, p50 }: PrivacyTime): string[] {
  return [
    lineOf(`${inFlight} callers, turns a second`, perSecond, 0),
    ratioOf('time of a turn so', perSecond.plain / perSecond.sealed),
    lineOf(`answer at ${Math.round(p50.perSecond)}/s, p50 in ms`, p50, 1),
    ratioOf('time of an answer so', p50.sealed / p50.plain),
  ];
}

function lineOf(name: string, { plain, sealed }: Pair, digits: number): string {
  const values = [plain, sealed].map((value) => value.toFixed(digits).padStart(10));
  return `  ${name.padEnd(28)}${values.join('')}`;
}

function ratioOf(name: string, value: number): string {
  return `  ${name.padEnd(28)}${value.toFixed(3)} times`;
}
