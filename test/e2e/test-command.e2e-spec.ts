import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'turnstream-specs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `npm test -- --rootDir FOLDER` with one spec of this text. */
function npmTest(spec: string, env: NodeJS.ProcessEnv = {}): { code: number | null; output: string } {
  writeFileSync(join(folder, 'one.spec.js'), spec);
  const config = JSON.stringify({ rootDir: folder, transform: {}, testMatch: ['**/*.spec.js'] });
  const args = ['tools/bootstrap.mjs', 'tools/test/main.ts', '--config', config];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return { code: status, output: stdout + stderr };
}

const mode = (value: string): string =>
  `test('mode', () => expect(process.env.TURNSTREAM_EVENT_STORE).toBe('${value}'));`;

describe('npm test with open handles that keep jest from exiting', () => {
  const spec = `${mode('like-a-server')} test('passes', () => { setInterval(() => {}, 1000); });`;
  let result: ReturnType<typeof npmTest>;
  beforeAll(() => {
    result = npmTest(spec, { TURNSTREAM_TEST_EXIT_MS: '500', TURNSTREAM_EVENT_STORE: undefined });
  });

  test('ends, with the results of the tests, whose event store behaves like a real server by default', () => {
    expect(result.output).toContain('✖ jest did not exit after its last test');
    expect(result.output).toContain('\n2 passed, 0 failed\n');
    expect(result.code).toBe(0);
  });
});

test('npm test ends when a spec hangs, and has failed', () => {
  const { code, output } = npmTest(`test('hangs', () => { for (;;); });`, {
    TURNSTREAM_TEST_LIMIT_MIN: '0.05',
    TURNSTREAM_TEST_EXIT_MS: '1000',
  });
  expect(output).toContain('✖ jest did not end within 0.05 min');
  expect(output).toContain('\n0 passed, 1 failed\n');
  expect(code).toBe(1);
});

test('npm test runs failed specs again, alone, and reports it', () => {
  const state = JSON.stringify(join(folder, 'state'));
  const spec = (condition: string): string => `test('first', () => undefined);
    test('second', () => {
      const fs = require('node:fs');
      const isAgain = fs.existsSync(${state});
      fs.writeFileSync(${state}, '');
      expect(${condition}).toBe(true);
    });`;
  // With an event store that behaves as the environment says.
  const again = { TURNSTREAM_TEST_AGAIN: 'true', TURNSTREAM_EVENT_STORE: 'plain' };
  const flaky = npmTest(spec('isAgain && process.env.TURNSTREAM_EVENT_STORE === "plain"'), again);
  expect(flaky.output).toMatch(/⚠ failed beside other specs, passed alone: .*one\.spec\.js/);
  expect(flaky.output).toContain('\n2 passed, 0 failed\n');
  expect(flaky.code).toBe(0);
  const broken = npmTest(spec('false'), again);
  expect(broken.output).toContain('\n1 passed, 1 failed\n');
  expect(broken.code).toBe(1);
});
