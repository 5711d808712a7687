import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { Supervisor } from './supervisor.ts';

const folder = mkdtempSync(join(tmpdir(), 'turnstream-supervisor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const never = (): Promise<never> => Promise.reject(new Error('not ready'));

/** Why a program that prints these lines and exits does not start. */
async function failure(exitCode: number, lines: readonly string[]): Promise<unknown> {
  const code = `console.error(${JSON.stringify(lines.join('\n'))}); process.exit(${exitCode});`;
  const program = { name: 'api', command: [process.execPath, '-e', code], log: join(folder, 'api.log') };
  return new Supervisor().start(program, never).catch((error: Error) => error.message);
}

const faults = [
  'Wrong declarations:',
  ...Array.from({ length: 6 }, (_, n) => `a.yaml:${n}:1 ${'x'.repeat(90)}`),
];

test('a program that refuses its configuration is reported with all faults', async () => {
  expect(await failure(78, faults)).toContain(`(exit code 78): ${faults.join(' | ')}. Log: `);
});

test('a program that ends otherwise is reported with its last two lines', async () => {
  expect(await failure(1, faults)).toContain(`(exit code 1): ${faults.slice(-2).join(' | ')}. Log: `);
});
