/** `npm stop`: ends a started system from another terminal and waits until it is stopped. */
import { waitUntil } from '../../libs/platform/src/async/wait-until.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { hasPrograms, isRunning, lastSystem, release } from './run-file.ts';

const PATIENCE_MS = 120_000;

await runProgram(async () => {
  parseOptions({});
  const system = lastSystem();
  const isAlive = system !== undefined && isRunning(system);
  if (!system || (!isAlive && !hasPrograms(system))) {
    release();
    console.log('Turnstream is not running.');
    return;
  }
  console.log(
    isAlive ? `Stopping Turnstream (process ${system.pid}) …` : 'It was killed: waiting for its programs …',
  );
  if (isAlive) process.kill(system.pid, 'SIGTERM');
  const isStopped = (): boolean => !isRunning(system) && !hasPrograms(system);
  await waitUntil(isStopped, { timeoutMs: PATIENCE_MS, everyMs: 100 }).catch(() => {
    throw new Failure(`It does not stop: look at its terminal, or kill -- -${system.pid}.`);
  });
  release();
  console.log('Everything is stopped; the data is kept.');
}, 'usage: npm stop');
