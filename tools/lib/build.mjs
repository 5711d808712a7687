import { join } from 'node:path';
import { Failure } from './fail.mjs';
import { withLock } from './lock.mjs';
import { cacheDir, root } from './paths.mjs';
import { step } from './progress.mjs';
import { run } from './run.mjs';

const tsc = () => run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'], { cwd: root });

/** Compiles everything (only what changed since the last time); tells whether there was no error. */
export async function compiles() {
  const { code, output } = await step(
    'build',
    'compiling (tsc -b)',
    () => withLock(join(cacheDir, 'build.lock'), tsc),
    (result) => (result.code === 0 ? 'done' : 'failed'),
  );
  if (code !== 0) console.error(output);
  return code === 0;
}

/** Compiles everything, or fails. */
export async function build() {
  if (await compiles()) return;
  throw new Failure('The build failed: mend the errors above, then run the command again.');
}
