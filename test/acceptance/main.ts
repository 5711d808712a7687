/** `npm run prove -- <name>`: shows what is promised at full size; exits non-zero when a figure falls short. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { build } from '#launcher';
import { Failure, runProgram } from '../../tools/shared/failure.ts';
import { proveAgents } from './agents.ts';
import { proveFoundation } from './foundation.ts';
import { proveInquiries } from './inquiries.ts';
import { Report } from './report.ts';

const proofs: Readonly<Record<string, (report: Report) => Promise<void>>> = {
  foundation: proveFoundation,
  inquiries: proveInquiries,
  agents: proveAgents,
  'event-store': proveEventStore,
};

await runProgram(async () => {
  const [name = '', ...rest] = process.argv.slice(2);
  const prove = proofs[name];
  if (prove === undefined || rest.length > 0)
    throw new Failure(`usage: npm run prove -- ${Object.keys(proofs).join(' | ')}`);
  const report = new Report();
  await prove(report);
  if (report.missed.length > 0)
    throw new Failure(`${report.missed.length} figures fall short:\n  ${report.missed.join('\n  ')}`);
  console.log(`\n✔ ${name} is as promised`);
});

/** The event store's proof is a program of its own, as the event store is. */
async function proveEventStore(report: Report): Promise<void> {
  await build();
  const child = spawn(process.execPath, ['packages/embedded-eventstore/dist/acceptance/main.js'], {
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  report.figure('exit code of the event store’s proof', code ?? 'killed', '= 0', code === 0);
}
