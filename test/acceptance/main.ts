/** `npm run prove -- <name>`: runs the scenarios at full size; exits non-zero when a result falls short of its target. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { build } from '#launcher';
import { Failure, runProgram } from '../../tools/shared/failure.ts';
import { runAgents } from './agents.ts';
import { runBridge } from './bridge.ts';
import type { ConsistencyOptions } from './consistency.ts';
import { runConsistency } from './consistency.ts';
import { runExports } from './exports.ts';
import { runFoundation } from './foundation.ts';
import { runHistory } from './history.ts';
import { runHung } from './hung.ts';
import { runHostile } from './hostile.ts';
import { runInquiries } from './inquiries.ts';
import { runPrivacy } from './privacy.ts';
import { runReplay } from './replay.ts';
import { Report } from './report.ts';
import { runScale, scaleParts } from './scale.ts';
import { runSoak } from './soak.ts';
import { runUpgrade } from './upgrade.ts';

type Options = ConsistencyOptions & {
  readonly quick?: boolean;
  readonly large?: boolean;
  readonly minutes?: string;
  /** One part of a run that has parts; undefined: all of them. */
  readonly part?: string | undefined;
};

/** The options of each run. */
const known: Readonly<Record<string, readonly string[]>> = {
  consistency: ['seeds', 'mutants', 'summary'],
  hung: ['quick'],
  soak: ['minutes'],
  scale: ['quick'],
  replay: ['large'],
};

const runs: Readonly<Record<string, (report: Report, options: Options) => Promise<void>>> = {
  foundation: runFoundation,
  inquiries: runInquiries,
  bridge: runBridge,
  agents: runAgents,
  consistency: runConsistency,
  hung: runHung,
  hostile: runHostile,
  upgrade: runUpgrade,
  soak: runSoak,
  privacy: runPrivacy,
  history: runHistory,
  replay: (report, { large }) => runReplay(report, large),
  exports: runExports,
  scale: (report, { part, quick }) => runScale(report, part, quick),
  'event-store': runEventStore,
};
const usage = `usage: npm run prove -- ${Object.keys(runs).join(' | ')}
  consistency: [--seeds 1-50] [--mutants] [--summary]
  hung: [--quick]
  soak: [--minutes 30]
  replay: [--large]
  scale: [${scaleParts.join(' | ')}] [--quick]`;

await runProgram(async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      seeds: { type: 'string' },
      mutants: { type: 'boolean' },
      summary: { type: 'boolean' },
      quick: { type: 'boolean' },
      large: { type: 'boolean' },
      minutes: { type: 'string' },
    },
  });
  const [name = '', part, ...rest] = positionals;
  const run = runs[name];
  const isWrong =
    rest.length > 0 ||
    (part !== undefined && name !== 'scale') ||
    Object.keys(values).some((option) => !known[name]?.includes(option));
  if (run === undefined || isWrong) throw new Failure(usage);
  const report = new Report();
  await run(report, { ...values, part });
  if (report.missed.length > 0)
    throw new Failure(
      `${report.missed.length} results fall short of their targets:\n  ${report.missed.join('\n  ')}`,
    );
  console.log(`\n✔ every result of ${name} meets its target`);
}, usage);

/** The embedded event store has its own acceptance program. */
async function runEventStore(report: Report): Promise<void> {
  await build();
  const program = 'packages/embedded-eventstore/src/acceptance/main.ts';
  const child = spawn(process.execPath, ['--import', './tools/register.mjs', program], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  report.result('exit code of the event store’s acceptance run', code ?? 'killed', '= 0', code === 0);
}
