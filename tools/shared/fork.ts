import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { join } from 'node:path';

const register = join(import.meta.dirname, '../register.mjs');

/**
 * Runs a TypeScript program as a child process with a message channel; the child is killed when this process exits.
 */
export function forkProgram(path: string, env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = fork(path, [], {
    execArgv: ['--no-warnings', '--import', register],
    env: { ...process.env, ...env },
  });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

/** Kills a child process unless it has ended, and waits until it has ended. */
export async function killChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGKILL');
  });
}
