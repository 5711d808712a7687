import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, withBackingServices } from '#launcher';
import { Failure } from '../../tools/shared/failure.ts';
import { dataDir } from '../../tools/shared/paths.ts';
import { mutants } from '../consistency/mutants/list.ts';
import { findMutant } from '../consistency/mutants/run.ts';
import type { Kept } from '../consistency/run/results.ts';
import { keep, keptResults } from '../consistency/run/results.ts';
import { runSeed } from '../consistency/run/seed.ts';
import { fullSize, mutantSize } from '../consistency/run/sizes.ts';
import type { Report } from './report.ts';

export interface ConsistencyOptions {
  /** The seeds to run, such as `1-50` or `7`. */
  readonly seeds?: string;
  /** Runs the mutants. */
  readonly mutants?: boolean;
  /** Judges the kept results. */
  readonly summary?: boolean;
}

const dir = join(dataDir, 'consistency');
const mutantBudget = 3;
const promised = { seeds: 200, loadS: 60, commands: 5_000, faults: 5 } as const;

/**
 * `npm run prove -- consistency`: all seeds, all mutants, and the verdict on both. `--seeds` and `--mutants` run a
 * part and keep its results; `--summary` judges the kept results.
 */
export async function runConsistency(report: Report, options: ConsistencyOptions): Promise<void> {
  const isPart = options.seeds !== undefined || options.mutants === true || options.summary === true;
  const seeds = seedsOf(options.seeds ?? (isPart ? '' : `1-${promised.seeds}`));
  if (seeds.length > 0) await build();
  await withOwnServices(async (signalService) => {
    for (const seed of seeds) await runOne(report, seed, signalService);
    if (options.mutants || !isPart) await runMutants(report, signalService);
  }, options.summary !== true);
  if (options.summary || !isPart) judge(report);
}

type SignalService = (name: string, signal: NodeJS.Signals) => void;

/** Backing services for all runs: each run has its own database on them, and an empty Redis. */
async function withOwnServices(
  work: (signal: SignalService) => Promise<void>,
  isNeeded: boolean,
): Promise<void> {
  if (!isNeeded) return;
  await withBackingServices(async ({ env, supervisor }) => {
    Object.assign(process.env, env);
    await work((name, signal) => supervisor.signal(name, signal));
  });
}

async function runOne(report: Report, seed: string, signalService: SignalService): Promise<void> {
  report.begin(`Seed ${seed}`);
  const place = join(dir, `seed-${seed}`);
  const { counts, findings } = await runSeed({
    ...fullSize,
    seed,
    dir: place,
    root: process.cwd(),
    signalService,
  });
  report.note(
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', '),
  );
  report.none(
    'findings',
    findings.map(({ rule, text }) => `${rule}: ${text}`),
  );
  keep(dir, { kind: 'seed', name: seed, counts, findings: findings.length });
  // The files needed to understand a failure are kept.
  if (findings.length === 0) rmSync(place, { recursive: true });
}

async function runMutants(report: Report, signalService: SignalService): Promise<void> {
  report.begin('Mutants: faults put into the system on purpose');
  for (const mutant of mutants) {
    const found = await findMutant(mutant, { size: mutantSize, dir, budget: mutantBudget, signalService });
    keep(dir, {
      kind: 'mutant',
      name: mutant.name,
      counts: { runs: found.runs },
      findings: found.rules.length,
    });
    report.result(
      mutant.name,
      found.rules.join() || 'not found',
      `in ${mutantBudget} runs`,
      found.rules.length > 0,
    );
  }
}

function judge(report: Report): void {
  const kept = keptResults(dir);
  const seeds = kept.filter(({ kind }) => kind === 'seed');
  const found = kept.filter(({ kind, findings }) => kind === 'mutant' && findings > 0);
  const least = (name: string): number => Math.min(...seeds.map(({ counts }) => counts[name] ?? 0));
  const sum = (name: string): number => seeds.reduce((total, { counts }) => total + (counts[name] ?? 0), 0);
  report.begin('All results that are kept');
  report.note(
    ['sessions', 'events', 'commands', 'reads', 'updates', 'faults']
      .map((name) => `${sum(name)} ${name}`)
      .join(', '),
  );
  report.atLeast('seeds', seeds.length, promised.seeds);
  report.atLeast('seconds of load, the least of a seed', least('load_s'), promised.loadS);
  report.atLeast('commands, the least of a seed', least('commands'), promised.commands);
  report.atLeast('faults, the least of a seed', least('faults'), promised.faults);
  report.none('seeds with findings', seeds.filter(({ findings }) => findings > 0).map(nameOf));
  report.equal('mutants found', found.length, mutants.length);
}

function nameOf({ name, findings }: Kept): string {
  return `seed ${name}: ${findings} findings`;
}

function seedsOf(text: string): string[] {
  if (text === '') return [];
  const [, from = '', to = from] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === '' || last < first) throw new Failure(`--seeds is ${text}: give a seed, or a range as 1-50.`);
  return Array.from({ length: last - first + 1 }, (_, n) => String(first + n));
}
