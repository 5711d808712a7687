import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DevelopmentIssuer } from '#privacy';
import { accessStream } from '#sessions';
import type { TestApp } from '../apps/api/src/test-app.ts';
import { startTestApp } from '../apps/api/src/test-app.ts';
import type { Ran } from '../packages/cli/src/testing/run-cli.ts';
import { runCli } from '../packages/cli/src/testing/run-cli.ts';

const partner_id = `P-${randomUUID()}`;
const message_text = `Where is my payout? ${randomUUID()}`;
const roles = ['service', 'analyst', 'auditor', 'admin'] as const;
type Role = (typeof roles)[number];

const dir = mkdtempSync(join(tmpdir(), 'turnstream-cli-'));
const tokens = new Map<Role, string>();
let app: TestApp;
let id: string;

beforeAll(async () => {
  const issuer = await DevelopmentIssuer.in(dir);
  for (const role of roles) tokens.set(role, await issuer.token({ role, sub: `${role}-${partner_id}` }));
  app = await startTestApp({ issuer });
  const start = { partner_id, channel: 'whatsapp', language: 'hi' };
  const { body } = await write('POST', '/v1/sessions', start);
  id = String(body['session_id']);
  const turn = { sender: 'user', message_text, parsed_intent: 'ask_payment_status' };
  await write('POST', `/v1/sessions/${id}/turns`, turn);
  await write('POST', `/v1/sessions/${id}/goals`, { goal: 'resolve_payment', step: 'verify_bank' });
  await addRow();
});
afterAll(async () => {
  await app.close();
  await rm(dir, { recursive: true });
});

const write: TestApp['call'] = (method, path, body) =>
  app.call(method, path, body, { authorization: `Bearer ${tokens.get('service')}` });

/** What the projector does. */
async function addRow(): Promise<void> {
  await app.pool.query(
    `INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language,
       expires_at, expires_in_s, status, revision)
     VALUES ($1, $2, now(), now(), 'whatsapp', 'hi', now(), 3600, 'active', 2)`,
    [id, partner_id],
  );
}

const as = (role: Role, args: readonly string[], purpose = ''): Promise<Ran> =>
  runCli(args, {
    env: {
      TURNSTREAM_URL: app.url,
      TURNSTREAM_TOKEN: tokens.get(role) ?? '',
      TURNSTREAM_PURPOSE: purpose,
      TURNSTREAM_RETRY_S: '5',
    },
  });
const json = (text: string): unknown => JSON.parse(text);

test('sessions of a partner are listed', async () => {
  const { exitCode, stdout } = await as('analyst', ['sessions', '--partner', partner_id, '--json']);
  expect(exitCode).toBe(0);
  expect(json(stdout)).toMatchObject({ session_id: id, partner_id, status: 'active' });
});

describe('a session is shown', () => {
  test('to an analyst without its texts', async () => {
    const { stdout } = await as('analyst', ['show', id]);
    expect(stdout).toContain('goal: resolve_payment');
    expect(stdout).toContain('[masked]');
    expect(stdout).not.toContain(message_text);
  });

  test('to an auditor with a purpose whole, and recorded', async () => {
    const { stdout } = await as('auditor', ['show', id], 'complaint:4711');
    expect(stdout).toContain(message_text);
    const records = await Array.fromAsync(app.store.read(accessStream(new Date())));
    expect(JSON.stringify(records.map(({ data }) => data))).toContain('complaint:4711');
  });
});

test('lag shows the services', async () => {
  const { exitCode, stdout } = await as('analyst', ['lag']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/event_store +ok/);
});

describe('a refusal', () => {
  test('of a token is told with what to do', async () => {
    const env = { TURNSTREAM_URL: app.url, TURNSTREAM_TOKEN: 'nonsense' };
    const { exitCode, stderr } = await runCli(['sessions'], { env });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Set TURNSTREAM_TOKEN or --token-file');
  });

  test('of a role is told, and nothing is done', async () => {
    const { exitCode, stderr } = await as('analyst', ['erase', partner_id, '--reason', 'ticket:1', '--yes']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Ask whoever gives out tokens for another role');
  });

  test('of a value names its field', async () => {
    const { exitCode, stderr } = await as('auditor', ['turns'], 'not a purpose');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('access-purpose');
  });

  test('for a session that is not there is told', async () => {
    const { exitCode, stderr } = await as('analyst', ['show', randomUUID()]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('There is no such session')]);
  });
});

test('an archive is downloaded', async () => {
  const file = join(dir, 'partner.zip');
  const { exitCode } = await as('auditor', ['archive', partner_id, '-o', file], 'access-request:41');
  expect(exitCode).toBe(0);
  expect(readFileSync(file).subarray(0, 2).toString()).toBe('PK');
});

test('an erasure is asked for and its state shown', async () => {
  const erase = ['erase', partner_id, '--reason', 'ticket:8812', '--yes', '--no-wait', '--json'];
  expect(json((await as('admin', erase)).stdout)).toMatchObject({ partner_id, reason: 'ticket:8812' });
  const { stdout } = await as('admin', ['erase', partner_id, '--status']);
  expect(stdout).toContain('status: in_progress');
});
