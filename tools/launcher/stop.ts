/** `npm stop`: ends a started system from another terminal and waits until it is stopped. */
import { waitUntil } from '../../libs/platform/src/async/wait-until.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { isRunning, release, running } from './run-file.ts';

const PATIENCE_MS = 120_000;

await runProgram(async () => {
  parseOptions({});
  const system = running();
  if (!system) {
    release();
    console.log('Turnstream is not running.');
    return;
  }
  console.log(`Stopping Turnstream (process ${system.pid}) …`);
  process.kill(system.pid, 'SIGTERM');
  await waitUntil(() => !isRunning(system), { timeoutMs: PATIENCE_MS, everyMs: 100 }).catch(() => {
    throw new Failure(`It does not stop: look at its terminal, or kill ${system.pid}.`);
  });
  release();
  console.log('Everything is stopped; the data is kept.');
}, 'usage: npm stop');
