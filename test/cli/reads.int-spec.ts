import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { accessStream } from '#sessions';
import { runCli } from '../../packages/cli/src/testing/run-cli.ts';
import type { CliTest } from './test-cli.ts';
import { startCliTest } from './test-cli.ts';

let cli: CliTest;
beforeAll(async () => {
  cli = await startCliTest();
});
afterAll(() => cli.close());

const json = (text: string): unknown => JSON.parse(text);
const purpose = 'complaint:4711';

test('sessions of a partner are listed', async () => {
  const { session_id, partner_id } = cli;
  const { exitCode, stdout } = await cli.as('analyst', ['sessions', '--partner', partner_id, '--json']);
  expect(exitCode).toBe(0);
  expect(json(stdout)).toMatchObject({ session_id, partner_id, status: 'active' });
});

describe('a session is shown', () => {
  test('to an analyst without its texts', async () => {
    const { stdout } = await cli.as('analyst', ['show', cli.session_id]);
    expect(stdout).toContain('goal: resolve_payment');
    expect(stdout).toContain('[masked]');
    expect(stdout).not.toContain(cli.message_text);
  });

  test('completely to an auditor with a purpose, and recorded', async () => {
    const { stdout } = await cli.as('auditor', ['show', cli.session_id], { purpose });
    expect(stdout).toContain(cli.message_text);
    const records = await Array.fromAsync(cli.app.store.read(accessStream(new Date())));
    expect(JSON.stringify(records.map(({ data }) => data))).toContain(purpose);
  });
});

test('lag shows the services', async () => {
  const { exitCode, stdout } = await cli.as('analyst', ['lag']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/event_store +ok/);
});

describe('a refusal', () => {
  test('of a token says what to do', async () => {
    const env = { TURNSTREAM_URL: cli.app.url, TURNSTREAM_TOKEN: 'nonsense' };
    const { exitCode, stderr } = await runCli(['sessions'], { env });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Set TURNSTREAM_TOKEN or --token-file');
  });

  test('of a role is reported, and nothing is done', async () => {
    const args = ['erase', cli.partner_id, '--reason', 'ticket:1', '--yes'];
    const { exitCode, stderr } = await cli.as('analyst', args);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Ask the issuer of tokens for another role');
  });

  test('of a value names its field', async () => {
    const { exitCode, stderr } = await cli.as('auditor', ['turns'], { purpose: 'not a purpose' });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('access-purpose');
  });

  test('for a missing session is reported', async () => {
    const { exitCode, stderr } = await cli.as('analyst', ['show', randomUUID()]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('There is no such session')]);
  });
});

test('an archive is downloaded', async () => {
  const file = join(cli.dir, 'partner.zip');
  const { exitCode } = await cli.as('auditor', ['archive', cli.partner_id, '-o', file], { purpose });
  expect(exitCode).toBe(0);
  expect(readFileSync(file).subarray(0, 2).toString()).toBe('PK');
});

test('an erasure is requested and its state shown', async () => {
  const { partner_id } = cli;
  const erase = ['erase', partner_id, '--reason', 'ticket:8812', '--yes', '--no-wait', '--json'];
  expect(json((await cli.as('admin', erase)).stdout)).toMatchObject({ partner_id, reason: 'ticket:8812' });
  const { stdout } = await cli.as('admin', ['erase', partner_id, '--status']);
  expect(stdout).toContain('status: in_progress');
});
