import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { CliTest } from './test-cli.ts';
import { startCliTest } from './test-cli.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-exports-'));
let cli: CliTest;
let id: string;
beforeAll(async () => {
  cli = await startCliTest({ exports: { dir, partRows: 100 } });
  id = cli.session_id;
});
afterAll(async () => {
  await cli.close();
  await rm(dir, { recursive: true, force: true });
});

const json = (text: string): unknown => JSON.parse(text);
const lines = (text: string): unknown[] => text.trim().split('\n').map(json);

describe('context', () => {
  test('is available for a past revision and time', async () => {
    const before = await cli.as('analyst', ['context', id, '--at-revision', '1', '--json']);
    expect(json(before.stdout)).toMatchObject({ revision: 1, goal_state: { current_goal: null } });
    const now = await cli.as('analyst', ['context', id, '--at', new Date().toISOString(), '--json']);
    expect(json(now.stdout)).toMatchObject({ goal_state: { current_goal: 'resolve_payment' } });
  });

  test('is explained field by field', async () => {
    const { stdout } = await cli.as('analyst', ['context', id, '--explain']);
    expect(stdout).toMatch(/goal_state\.current_goal +2 +GoalSet /);
  });

  test('beyond the head is refused with the current revision', async () => {
    const { exitCode, stderr } = await cli.as('analyst', ['context', id, '--at-revision', '9999', '--json']);
    expect(exitCode).toBe(1);
    expect(json(stderr)).toMatchObject({ current_revision: expect.any(Number) });
  });
});

test('diff shows what a goal changed', async () => {
  const { exitCode, stdout } = await cli.as('analyst', ['diff', id, '1', '2']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/\/goal_state\/current_goal +revision 2 · GoalSet/);
  expect(stdout).toContain('  + resolve_payment');
});

describe('replay', () => {
  test('plays the events backwards, of some types only', async () => {
    const args = ['replay', id, '--backwards', '--to', '0', '--speed', '100000', '--json'];
    const all = lines((await cli.as('analyst', args)).stdout) as { revision: number }[];
    expect(all.map(({ revision }) => revision).slice(-3)).toEqual([2, 1, 0]);
    const { stdout } = await cli.as('analyst', ['replay', id, '--type', 'GoalSet', '--json']);
    expect(lines(stdout)).toMatchObject([{ type: 'GoalSet', revision: 2 }]);
  });

  test('shows texts to an auditor with a purpose only', async () => {
    const args = ['replay', id];
    expect((await cli.as('auditor', args)).stdout).not.toContain(cli.message_text);
    const shown = await cli.as('auditor', args, { purpose: 'complaint:4711' });
    expect(shown.stdout).toContain(cli.message_text);
  });
});

test('tail follows new events until Ctrl-C', async () => {
  const interrupted = new AbortController();
  const seen: string[] = [];
  const tailing = cli.as('analyst', ['tail', id, '--last', '1'], {
    signal: interrupted.signal,
    onOutput: (text) => seen.push(text),
  });
  await waitUntil(() => seen.length > 0);
  await cli.write('PUT', 'flags/vip', { value: true });
  await waitUntil(() => seen.join('').includes('FlagRaised'));
  interrupted.abort();
  expect((await tailing).exitCode).toBe(130);
});

test('verify finds an intact history', async () => {
  const { exitCode, stdout } = await cli.as('analyst', ['verify', id]);
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('intact')]);
  const all = await cli.as('auditor', ['verify', '--partner', cli.partner_id]);
  expect([all.exitCode, all.stderr]).toEqual([0, expect.stringContaining('1 sessions checked, 0')]);
});

test('a missing trace is reported', async () => {
  const { exitCode, stderr } = await cli.as('analyst', ['trace', randomUUID()]);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('correlation id')]);
});

test('an export is written, downloaded and checked', async () => {
  const folder = join(cli.dir, 'out');
  const args = ['export', 'sessions', '--from', '1h', '--partner', cli.partner_id, '-o', folder];
  const { exitCode, stderr } = await cli.as('analyst', args);
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('Personal values are masked.')]);
  const [file = '', ...others] = readdirSync(folder).filter((name) => name !== 'manifest.json');
  expect(others).toEqual([]);
  expect(json(readFileSync(join(folder, file), 'utf8'))).toMatchObject({ session_id: id });
  expect(json(readFileSync(join(folder, 'manifest.json'), 'utf8'))).toMatchObject({ rows: 1 });
});
