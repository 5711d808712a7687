import { Failure } from './failure.ts';
import { root } from './paths.ts';
import { run, step, withSharedLock } from './run.ts';

const compile = () => run(['npm', 'run', '--silent', 'build'], { cwd: root });

/** Builds the packages and the apps; does nothing within `npm test`, which has built them. */
export async function build(): Promise<void> {
  if (process.env['TURNSTREAM_BUILT']) return;
  const { code, output } = await step('build', 'compiling', () => withSharedLock('build', compile), 'done');
  if (code !== 0)
    throw new Failure(`The build failed: fix the errors, then run the command again.\n${output}`);
}
