/**
 * `npm run demo`, `import`, `bench`, `prove`: installs and compiles what is missing, then runs the program. Built-ins
 * only, for any Node from 20.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main } from './lib/fail.mjs';
import { prepared } from './lib/install.mjs';
import { root } from './lib/paths.mjs';

const [program, ...args] = process.argv.slice(2);

await main(async () => {
  if (!(await prepared())) return;
  const { build } = await import('./lib/build.mjs');
  await build();
  await import('./register.mjs');
  const path = join(root, program, 'main.ts');
  process.argv = [process.argv[0], path, ...args];
  await import(pathToFileURL(path).href);
});
