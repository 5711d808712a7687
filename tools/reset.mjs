/** `npm run reset`: forgets all data of the engines that the launcher runs; downloads are kept. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { composeSpec, dockerAnswers } from './lib/docker.mjs';
import { Failure, main } from './lib/fail.mjs';
import { cacheDir, dataDir } from './lib/paths.mjs';
import { running } from './lib/run-file.mjs';
import { run } from './lib/run.mjs';

await main(async () => {
  if (await running()) throw new Failure('Turnstream runs: npm stop first, then npm run reset.');
  const names = existsSync(dataDir) ? readdirSync(dataDir) : [];
  for (const path of names.map((name) => join(dataDir, name))) {
    if (resolve(path) !== cacheDir) rmSync(path, { recursive: true, force: true });
  }
  if (process.env.TURNSTREAM_ENGINES !== 'native' && (await dockerAnswers())) {
    const [command, ...args] = composeSpec({
      project: 'turnstream',
      services: [],
      ports: {},
      keep: false,
    }).afterStop;
    await run(command, args);
  }
  console.log(
    `The data in ${dataDir} is gone. Engines that were given by a variable (DATABASE_URL, …) keep theirs.`,
  );
});
