import { join } from 'node:path';
import { spawnBareServer, spawnEventStore, withClient } from './processes.ts';
import { atLeast, measured, type Measurement } from './report.ts';
import { appendRate, fill, median, readRate } from './workloads.ts';

const IN_FLIGHT = 64;
const EVENT_BYTES = 200;
const STREAM = 'read-me';

interface SpeedSize {
  readonly appends: number;
  readonly reads: number;
  readonly rounds: number;
}

/** Compares the event store with a server that stores nothing and reads from memory, in alternating rounds. */
export const runSpeed = async (dir: string, size: SpeedSize): Promise<Measurement[]> => {
  const bare = await spawnBareServer(size.reads, EVENT_BYTES);
  const store = await spawnEventStore(join(dir, 'speed'));
  try {
    await withClient(store.url, (client) => fill(client, STREAM, size.reads));
    const appends = await inTurns(size.rounds, [bare.url, store.url], (url) =>
      withClient(url, async (client) => {
        await appendRate(client, Math.ceil(size.appends / 10), IN_FLIGHT);
        return appendRate(client, size.appends, IN_FLIGHT);
      }),
    );
    const reads = await inTurns(size.rounds, [bare.url, store.url], (url) =>
      withClient(url, (client) => readRate(client, STREAM, size.reads)),
    );
    return [...compare('durable appends, 64 in flight', appends, 0.8), ...compare('events read', reads, 0.6)];
  } finally {
    await bare.kill('SIGTERM');
    await store.kill('SIGTERM');
  }
};

/** Measures each of `subjects` in every round, so that a slow machine affects all of them. */
export const inTurns = async (
  rounds: number,
  subjects: readonly string[],
  measure: (subject: string) => Promise<number>,
): Promise<number[][]> => {
  const results = subjects.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, subject] of subjects.entries()) results[index]?.push(await measure(subject));
  }
  return results;
};

/** Each round's second rate divided by its first. */
const ratios = ([first = [], second = []]: readonly number[][]): number[] =>
  second.map((rate, round) => rate / (first[round] ?? Number.NaN));

const compare = (what: string, rates: readonly number[][], target: number): Measurement[] => [
  measured(`${what}/s: nothing stored, memory`, best(rates[0]).toFixed(0)),
  measured(`${what}/s: event store`, best(rates[1]).toFixed(0)),
  ...ratioMeasurements(what, rates, target),
];

/** Compares the best rounds, which other work on the machine disturbed least. */
export const ratioMeasurements = (
  what: string,
  rates: readonly number[][],
  target: number,
): Measurement[] => [
  measured(`${what}: median of the rounds' ratios`, median(ratios(rates)).toFixed(2)),
  atLeast(
    `${what}: ratio, best of ${rates[0]?.length ?? 0} rounds each`,
    best(rates[1]) / best(rates[0]),
    target,
  ),
];

export const best = (rates: readonly number[] = []): number => Math.max(...rates);
