import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { Answer, TestApp } from '../apps/api/src/test-app.ts';
import type { SealedApps } from './sealed-apps.ts';
import { startSealedApps } from './sealed-apps.ts';

/** Part of every personal value. */
const canary = `canary${randomUUID().replaceAll('-', '')}`;
let apps: SealedApps;
let app: TestApp;
let id: string;
let partner_id: string;

beforeAll(async () => {
  process.env['SEAL_TOGETHER'] = 'on';
  apps = await startSealedApps('sealed');
  ({ app } = apps);
  await converse();
});
afterAll(() => apps?.close());

const path = (rest: string): string => `/v1/sessions/${id}/${rest}`;

async function send(method: string, rest: string, body: object, key = canary): Promise<Answer> {
  const answer = await app.call(method, path(rest), body, { 'idempotency-key': `${key}-${rest}` });
  expect([rest, answer.status < 300 ? 'ok' : answer.body]).toEqual([rest, 'ok']);
  return answer;
}

const question = {
  sender: 'user',
  message_text: `where is ${canary}`,
  message_id: `wamid.${canary}`,
  parsed_intent: 'ask_payment_status',
  extracted_entities: { month: canary },
  bot_action: 'confirm_month',
  response_text: `it is ${canary}`,
};

/** Sends personal data through every input of the api. */
async function converse(): Promise<void> {
  partner_id = `P-${randomUUID()}`;
  id = await app.start({ partner_id, name: canary, region: canary, device: canary });
  await send('POST', 'turns', question);
  await send('POST', 'preferences', { preferences: { call_back: canary } });
  await send('PUT', 'flags/vip', { value: canary });
  await send('POST', 'goals', { goal: 'resolve_payment', step: canary });
  await send('POST', 'external-updates', {
    system: 'payments',
    kind: 'payout_failed',
    source_event_id: 'e-1',
    data: { note: canary },
  });
  await send('POST', 'handoff', { action: 'request', reason: canary });
  await waitUntil(async () => (await turns()).length === 2, { what: 'the rows' });
}

async function turns(): Promise<readonly object[]> {
  return (await app.call('GET', `/v1/turns?session_id=${id}`)).body['items'] as object[];
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
}

test('the files of the event store and of the keys contain nothing personal', () => {
  const files = filesIn(apps.dir);
  expect(files.length).toBeGreaterThan(2);
  const all = files.map((file) => readFileSync(file).toString('latin1')).join('\n');
  expect(all).toContain(id);
  expect(all).not.toContain(canary);
});

test('Redis contains nothing personal', async () => {
  const keys = await apps.redis.keys('*');
  expect(keys).toContain(`ctx:{${id}}`);
  const hashes = keys.filter((key) => /^(ctx|cmd):/.test(key));
  const all = JSON.stringify([keys, await Promise.all(hashes.map((key) => apps.redis.hgetall(key)))]);
  expect(all).toContain('A256GCM.');
  expect(all).not.toContain(canary);
});

test('the tables contain nothing personal', async () => {
  const { rows: tables } = await apps.database.pool.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  const all = await Promise.all(tables.map(({ name }) => apps.database.pool.query(`SELECT * FROM ${name}`)));
  const text = JSON.stringify(all.map(({ rows }) => rows));
  expect(text).toContain('A256GCM.');
  expect(text).not.toContain(canary);
});

test('the api returns everything as it was sent', async () => {
  const { body: context } = await app.call('GET', path('context'));
  expect(context).toMatchObject({
    identity: { name: canary, region: canary, device: canary },
    goal_state: { step: canary },
    conversation_flags: { vip: canary },
    short_term_memory: { preferences: { call_back: canary } },
    external: [{ data: { note: canary } }],
  });
  const { message_text, extracted_entities, response_text } = question;
  expect(await turns()).toMatchObject([
    { message_text, extracted_entities, response_text },
    { message_text: response_text },
  ]);
  const { body } = await app.call('GET', path('events'));
  expect(body['events']).toMatchObject([
    { type: 'SessionStarted', data: { name: canary }, metadata: { partner_id } },
    { type: 'TurnRecorded', data: { message_text, message_id: question.message_id } },
    { type: 'TurnRecorded', data: { message_text: response_text } },
    ...Array.from({ length: (body['events'] as unknown[]).length - 3 }, () => ({})),
  ]);
});

test('a repeated request is recognised by its key and by the id of its message', async () => {
  expect((await send('POST', 'turns', question)).body).toMatchObject({ revision: 2 });
  expect((await send('POST', 'turns', question, 'another')).body).toMatchObject({ revision: 2 });
});
