import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareWithModel } from '../model/operations.ts';
import { runCrash } from './crash.ts';
import { runLive } from './live-subscribers.ts';
import { runMillion } from './million.ts';
import { spawnEventStore, withClient } from './processes.ts';
import { exactly, formatMeasurements, type Measurement } from './report.ts';
import { runSpeed } from './speed.ts';

/** The acceptance tests at full size; `--small` runs them quickly. Words select sections. */
const { values, positionals: only } = parseArgs({
  allowPositionals: true,
  options: { small: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
const { small } = values;
const print = (line: string): boolean => process.stdout.write(`${line}\n`);

const runModel = async (dir: string, runs: number): Promise<Measurement[]> => {
  const seed = Number(process.env['MODEL_SEED'] ?? Date.now() % 2 ** 31);
  print(`seed ${seed}`);
  const store = await spawnEventStore(join(dir, 'model'));
  try {
    await withClient(store.url, (client) => compareWithModel(client, runs, seed));
    return [exactly(`differences from the model in ${runs} runs (seed ${seed})`, 0, 0)];
  } catch (error) {
    print(error instanceof Error ? error.message : String(error));
    return [exactly(`differences from the model (seed ${seed})`, 1, 0)];
  } finally {
    await store.kill('SIGTERM');
  }
};

const SECTIONS: Readonly<Record<string, (dir: string) => Promise<Measurement[]>>> = {
  speed: (dir) =>
    runSpeed(
      dir,
      small ? { appends: 4_000, reads: 10_000, rounds: 3 } : { appends: 20_000, reads: 100_000, rounds: 7 },
    ),
  million: (dir) =>
    runMillion(
      dir,
      small
        ? { events: 50_000, appends: 4_000, rounds: 3 }
        : { events: 1_000_000, appends: 20_000, rounds: 7 },
    ),
  live: (dir) =>
    runLive(dir, small ? { subscriptions: 50, events: 200 } : { subscriptions: 200, events: 2_000 }),
  model: (dir) => runModel(dir, small ? 200 : 3_000),
  crash: (dir) => runCrash(dir, small ? 5 : 100),
};

const run = async (): Promise<void> => {
  const dir = await mkdtemp(join(tmpdir(), 'event-store-acceptance-'));
  const all: Measurement[] = [];
  try {
    for (const [name, measure] of Object.entries(SECTIONS)) {
      if (only.length > 0 && !only.includes(name)) continue;
      print(`\n${name}`);
      const measurements = await measure(dir);
      print(formatMeasurements(measurements));
      all.push(...measurements);
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  const missed = all.filter(({ ok }) => !ok).length;
  print(missed === 0 ? '\nall targets met' : `\n${missed} targets missed`);
  process.exit(missed === 0 ? 0 : 1);
};

const unknown = only.filter((name) => !(name in SECTIONS));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) print(`There is no section ${unknown.join(', ')}.`);
  print(`usage: main.ts [--small] [${Object.keys(SECTIONS).join(' | ')}]…`);
  process.exitCode = unknown.length > 0 ? 1 : 0;
} else {
  await run();
}
