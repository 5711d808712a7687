/** `npm run reset`: deletes all data of the backing services that the launcher runs; keeps downloads. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { PARTS } from '../backing-services/data-folder.ts';
import { composeDown, dockerIsChosen } from '../backing-services/index.ts';
import { cacheDir, dataDir } from '../shared/paths.ts';
import { running } from './run-file.ts';

await runProgram(async () => {
  parseOptions({});
  if (running()) throw new Failure('Turnstream runs: npm stop first, then npm run reset.');
  const inDocker = await dockerIsChosen(dataDir);
  // A folder that the user chose may hold other files.
  const isGiven = Boolean(process.env['TURNSTREAM_DATA']);
  const names = isGiven ? PARTS : existsSync(dataDir) ? readdirSync(dataDir) : [];
  for (const path of names.map((name) => join(dataDir, name)))
    if (path !== cacheDir) rmSync(path, { recursive: true, force: true });
  if (inDocker) await composeDown('turnstream', ['--volumes']);
  console.log(
    `The data in ${dataDir} is deleted. Services that a variable names (DATABASE_URL, …) keep theirs.`,
  );
}, 'usage: npm run reset');
