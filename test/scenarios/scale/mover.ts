import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import type { MoveStep } from '#cells';
import { root } from '../../../tools/shared/paths.ts';

/**
 * Runs `npm run cells -- --move` as a child process. @param killAt it is killed with -9 when it begins this step
 * @returns the steps that it began, and whether it finished
 */
export async function runMover(
  env: NodeJS.ProcessEnv,
  partnerId: string,
  to: string,
  killAt?: MoveStep,
): Promise<{ readonly steps: readonly string[]; readonly ended: boolean }> {
  const program = join(root, 'tools/cells/main.ts');
  const args = ['--import', join(root, 'tools/register.mjs'), program, '--move', partnerId, '--to', to];
  const child = spawn(process.execPath, args, { env, cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const steps: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    steps.push(line);
    if (line === killAt) child.kill('SIGKILL');
  }
  const [code] = await exit;
  return { steps, ended: code === 0 };
}
