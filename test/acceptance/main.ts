/** `npm run prove -- <name>`: runs the scenarios at full size; exits non-zero when a result falls short of its target. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { build } from '#launcher';
import { Failure, parseWords, runProgram } from '../../tools/shared/failure.ts';
import { runAgents } from './agents.ts';
import { runFoundation } from './foundation.ts';
import { runInquiries } from './inquiries.ts';
import { Report } from './report.ts';

const runs: Readonly<Record<string, (report: Report) => Promise<void>>> = {
  foundation: runFoundation,
  inquiries: runInquiries,
  agents: runAgents,
  'event-store': runEventStore,
};
const usage = `usage: npm run prove -- ${Object.keys(runs).join(' | ')}`;

await runProgram(async () => {
  const [name = '', ...rest] = parseWords();
  const run = runs[name];
  if (run === undefined || rest.length > 0) throw new Failure(usage);
  const report = new Report();
  await run(report);
  if (report.missed.length > 0)
    throw new Failure(
      `${report.missed.length} results fall short of their targets:\n  ${report.missed.join('\n  ')}`,
    );
  console.log(`\n✔ every result of ${name} meets its target`);
}, usage);

/** The embedded event store has an acceptance program of its own. */
async function runEventStore(report: Report): Promise<void> {
  await build();
  const program = 'packages/embedded-eventstore/src/acceptance/main.ts';
  const child = spawn(process.execPath, ['--import', './tools/register.mjs', program], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  report.result('exit code of the event store’s acceptance run', code ?? 'killed', '= 0', code === 0);
}
