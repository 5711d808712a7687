import { join } from 'node:path';
import { Failure } from './fail.mjs';
import { withLock } from './lock.mjs';
import { cacheDir, root } from './paths.mjs';
import { step } from './progress.mjs';
import { run } from './run.mjs';

const node = (...args) => run(process.execPath, args, { cwd: root });
const bin = (path) => join(root, 'node_modules', path);
const types = () => node(bin('typescript/bin/tsc'), '-b');

/** The packages by tsdown, the apps by the Nest CLI. */
async function compile() {
  for (const name of ['embedded-eventstore', 'sdk']) {
    const cwd = join(root, 'packages', name);
    const built = await run(process.execPath, [bin('tsdown/dist/run.mjs'), '--no-clean'], { cwd });
    if (built.code !== 0) return built;
  }
  return node(bin('@nestjs/cli/bin/nest.js'), 'build', '--all');
}

/** Checks the types; tells whether there was no error. */
export const typesPass = () => passes('types', 'checking (tsc -b)', types);

/** Compiles apps and packages, or fails. */
export async function build() {
  if (await passes('build', 'compiling', compile)) return;
  throw new Failure('The build failed: fix the errors above, then run the command again.');
}

async function passes(name, what, work) {
  const { code, output } = await step(
    name,
    what,
    () => withLock(join(cacheDir, 'build.lock'), work),
    (result) => (result.code === 0 ? 'done' : 'failed'),
  );
  if (code !== 0) console.error(output);
  return code === 0;
}
