import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

const root = join(import.meta.dirname, '..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
/** The programs of `npm run` except those that start and stop the system, each by its first name. */
const programs = Object.entries(scripts)
  .flatMap(([name, script]) => {
    const [, program] = /tools\/bootstrap\.mjs (\S+)/.exec(script) ?? [];
    return program === undefined || program.startsWith('tools/launcher/') ? [] : [[name, program] as const];
  })
  .filter(([, program], index, all) => all.findIndex(([, other]) => other === program) === index);
/** Addresses without a listener. */
const env = {
  TURNSTREAM_URL: 'http://127.0.0.1:1',
  EVENTSTORE_URL: 'esdb://127.0.0.1:1?tls=false',
  KAFKA_BROKERS: '127.0.0.1:1',
  REDIS_URL: 'redis://127.0.0.1:1',
  DATABASE_URL: 'postgres://127.0.0.1:1/none',
};

const run = (program: string, ...args: string[]) => {
  const node = ['--no-warnings', '--conditions=source', '--import', './tools/register.mjs', program];
  return execa(process.execPath, [...node, ...args], { cwd: root, env, reject: false });
};

/** The programs that parse their own options, and one that uses the shared parser. */
const withOwnOptions = new Set(['services', 'import', 'demo', 'dlq', 'bench', 'prove', 'rebuild', 'drift']);

describe.each(programs)('npm run %s', (name, program) => {
  test('prints its usage on --help and does nothing else', async () => {
    const { exitCode, stdout, stderr } = await run(program, '--help');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^usage: npm run /);
  });

  if (!withOwnOptions.has(name)) return;
  test('refuses an option that it does not know', async () => {
    const { exitCode, stdout, stderr } = await run(program, '--no-such-option');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain("Unknown option '--no-such-option'");
  });
});

test('the acceptance program of the event store prints its usage on --help', async () => {
  const { stdout, stderr } = await run('packages/embedded-eventstore/src/acceptance/main.ts', '--help');
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^usage: main\.ts/);
});
