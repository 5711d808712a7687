import { Failure } from './failure.ts';
import { root } from './paths.ts';
import { run, step, withLock } from './run.ts';

const compile = () => run(['npm', 'run', '--silent', 'build'], { cwd: root });

/** Builds the packages and the apps. */
export async function build(): Promise<void> {
  const { code, output } = await step('build', 'compiling', () => withLock('build', compile), 'done');
  if (code !== 0)
    throw new Failure(`The build failed: fix the errors, then run the command again.\n${output}`);
}
