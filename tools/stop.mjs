/** `npm stop`: ends a started system from another terminal and waits until no process is left. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, main } from './lib/fail.mjs';
import { release, running } from './lib/run-file.mjs';

const PATIENCE_MS = 120_000;

await main(async () => {
  const system = await running();
  if (!system) {
    release();
    console.log('Turnstream is not running.');
    return;
  }
  console.log(`Stopping Turnstream (process ${system.pid ?? system.guard}) …`);
  process.kill(system.pid ?? system.guard, 'SIGTERM');
  const deadline = Date.now() + PATIENCE_MS;
  while (await running()) {
    if (Date.now() > deadline)
      throw new Failure(`It does not end: look at its terminal, or kill ${system.guard}.`);
    await sleep(100);
  }
  release();
  console.log('Everything is stopped; the data stays.');
});
