import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { root } from './paths.ts';

const program = `import { freePorts } from '${join(root, 'tools/shared/free-ports.ts')}';
console.log(JSON.stringify(await freePorts(200)));`;

async function portsOfAnotherProcess(): Promise<number[]> {
  const register = join(root, 'tools/register.mjs');
  const args = [
    '--conditions=source',
    '--no-warnings',
    '--import',
    register,
    '--input-type=module',
    '--eval',
    program,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as number[];
}

test('two processes are given different ports', async () => {
  const [one, other] = await Promise.all([portsOfAnotherProcess(), portsOfAnotherProcess()]);
  expect(new Set([...one, ...other]).size).toBe(400);
});
