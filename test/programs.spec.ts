import { afterEach, describe, expect, jest, test } from '@jest/globals';
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

const { argv } = process;
let runs = 0;
afterEach(() => {
  process.argv = argv;
  jest.restoreAllMocks();
});

/** Runs a program in this process: most of the time of a process of its own is that of loading what all of them share. */
async function run(program: string, ...args: string[]) {
  const lines: Record<'log' | 'error', string[]> = { log: [], error: [] };
  for (const name of ['log', 'error'] as const)
    jest.spyOn(console, name).mockImplementation((line: unknown) => void lines[name].push(String(line)));
  const exit = jest.spyOn(process, 'exit').mockImplementation((() => undefined) as never);
  Object.assign(process.env, env);
  process.argv = [process.execPath, program, ...args];
  runs += 1;
  await import(`${join(root, program)}?run=${runs}`);
  const exitCode = process.exitCode ?? 0;
  process.exitCode = undefined;
  const [stdout, stderr] = [lines.log.join('\n'), lines.error.join('\n')];
  return { exits: exit.mock.calls.length, exitCode, stdout, stderr };
}

/** The programs that parse their own options, and one that uses the shared parser. */
const withOwnOptions = new Set(['services', 'import', 'demo', 'dlq', 'bench', 'prove', 'rebuild', 'drift']);

describe.each(programs)('npm run %s', (name, program) => {
  test('prints its usage on --help and does nothing else', async () => {
    const { stdout, ...rest } = await run(program, '--help');
    expect(rest).toEqual({ exits: 1, exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^usage: npm run /);
  });

  if (!withOwnOptions.has(name)) return;
  test('refuses an option that it does not know', async () => {
    const { stderr, ...rest } = await run(program, '--no-such-option');
    expect(rest).toEqual({ exits: 1, exitCode: 1, stdout: '' });
    expect(stderr).toContain("Unknown option '--no-such-option'");
  });
});

test.each(['tools/drift/main.ts', 'packages/embedded-eventstore/src/acceptance/main.ts'])(
  '%s prints its usage on --help as a process of its own',
  async (program) => {
    const node = ['--no-warnings', '--conditions=source', '--import', './tools/register.mjs', program];
    const { exitCode, stdout, stderr } = await execa(process.execPath, [...node, '--help'], {
      cwd: root,
      env,
      reject: false,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^usage: /);
  },
);
