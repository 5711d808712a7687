import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { DevelopmentIssuer } from '#privacy';
import { accessStream } from '#sessions';
import type { TestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';
import { addRows } from './test-rows.ts';

const secret = `Asha, "${randomUUID()}"\nनमस्ते 🚚`;
const partner_id = `P-${randomUUID()}`;
const purpose = { 'access-purpose': 'research:12' };
const dir = mkdtempSync(join(tmpdir(), 'turnstream-exports-'));
let issuer: DevelopmentIssuer;
let app: TestApp;
let session: string;
let from: string;

async function bearer(claims: {
  role: 'analyst' | 'auditor' | 'service' | 'agent';
  sub?: string;
  partners?: string[];
}) {
  return {
    authorization: `Bearer ${await issuer.token({ sub: `${claims.role}-${partner_id}`, ...claims })}`,
  };
}

let database: TestDatabase;

beforeAll(async () => {
  issuer = await DevelopmentIssuer.in(join(dir, 'issuer'));
  // A separate database: every node that shares one writes its exports.
  database = await createTestDatabase();
  const exports = { dir: join(dir, 'files'), partRows: 100 };
  app = await startTestApp({ issuer, databaseUrl: database.url, exports });
  from = new Date(Date.now() - 1_000).toISOString();
  const service = await bearer({ role: 'service' });
  const call = async (path: string, body: object): Promise<Answer> => {
    const answer = await app.call('POST', path, body, service);
    if (answer.status > 202) throw new Error(JSON.stringify(answer.body));
    return answer;
  };
  const start = { partner_id, channel: 'whatsapp', language: 'hi', name: secret };
  session = String((await call('/v1/sessions', start)).body['session_id']);
  await call(`/v1/sessions/${session}/goals`, { goal: 'resolve_payment' });
  await call(`/v1/sessions/${session}/turns`, {
    sender: 'user',
    message_text: secret,
    parsed_intent: 'ask_payment_status',
    intent_confidence: 0.75,
    extracted_entities: { name: secret },
    response_text: 'I am checking.',
    bot_action: 'confirm_month',
  });
  await app.call('PATCH', `/v1/sessions/${session}/goals/resolve_payment`, { status: 'completed' }, service);
  await call(`/v1/sessions/${session}/handoff`, { action: 'request', reason: secret });
  await addRows(app.pool, { session, partner_id, secret });
});
afterAll(async () => {
  await app.close();
  await database.drop();
  await rm(dir, { recursive: true });
});

type Headers = Record<string, string>;
const request = (headers: Headers, more: object = {}): Promise<Answer> => {
  const body = { form: 'turns', format: 'ndjson', from, partner_id, ...more };
  return app.call('POST', '/v1/exports', body, headers);
};

/** The answer for an export once it is done. */
async function done(headers: Headers, { status, body }: Answer): Promise<Answer['body']> {
  if (status !== 202) throw new Error(JSON.stringify(body));
  let answer = body;
  const isDone = async (): Promise<boolean> => {
    answer = (await app.call('GET', `/v1/exports/${String(body['export_id'])}`, undefined, headers)).body;
    return answer['status'] === 'done';
  };
  await waitUntil(isDone, { what: 'the export' });
  return answer;
}

interface File {
  readonly name: string;
  readonly bytes: number;
}
const pathOf = ({ export_id, files }: Answer['body']): string =>
  `/v1/exports/${String(export_id)}/files/${(files as File[])[0]?.name}`;
const fetchFile = (path: string, headers: Headers): Promise<Response> =>
  fetch(`${app.url}${path}`, { headers });

/** The rows that an export has. */
async function rows(headers: Headers, more: object = {}): Promise<Record<string, unknown>[]> {
  const made = await done(headers, await request(headers, more));
  const text = await (await fetchFile(pathOf(made), headers)).text();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('turns', () => {
  test('are masked without a purpose, and for analysts always', async () => {
    const readers = [
      await bearer({ role: 'auditor' }),
      await bearer({ role: 'service' }),
      { ...(await bearer({ role: 'analyst' })), ...purpose },
    ];
    for (const headers of readers) {
      const [row, ...others] = await rows(headers);
      expect(others).toEqual([]);
      expect(JSON.stringify(row)).not.toContain(secret.slice(0, 10));
      expect(row).toMatchObject({
        partner_id,
        message_text: '[masked]',
        extracted_entities: { name: '[masked]' },
        message_id: '[masked]',
        parsed_intent: 'ask_payment_status',
      });
    }
  });

  test('are shown with a purpose, and the recipient is recorded', async () => {
    const headers = { ...(await bearer({ role: 'auditor' })), ...purpose };
    const [row] = await rows(headers);
    expect(row).toMatchObject({ message_text: secret, response_text: secret, message_id: '919876543210' });
    const records = await Array.fromAsync(app.store.read(accessStream(new Date())), ({ data }) => data);
    const common = { role: 'auditor', subject: `auditor-${partner_id}`, purpose: 'research:12' };
    for (const entry of [{ action: 'export_turns', partner_ids: [partner_id] }, { action: 'fetch_export' }])
      expect(records).toContainEqual(expect.objectContaining({ ...common, ...entry }));
  });

  test('of partners that a token does not reach are left out', async () => {
    const headers = { ...(await bearer({ role: 'service', partners: ['P1'] })), ...purpose };
    expect(await rows(headers)).toEqual([]);
  });
});

describe('events', () => {
  test('are as they were written', async () => {
    const headers = { ...(await bearer({ role: 'auditor' })), ...purpose };
    const shown = await rows(headers, { form: 'events', gzip: false });
    expect(shown.map(({ revision }) => revision)).toEqual(shown.map((_, n) => n));
    expect(shown[0]).toMatchObject({
      session_id: session,
      partner_id,
      type: 'SessionStarted',
      data: { name: secret },
    });
    expect(shown.length).toBeGreaterThan(5);
  });

  test('are masked like single events', async () => {
    const [first] = await rows(await bearer({ role: 'analyst' }), { form: 'events' });
    expect(first).toMatchObject({ data: { name: '[masked]', partner_id, channel: 'whatsapp' } });
  });
});

describe('conversations for training', () => {
  test('have roles, intents, entities and an outcome', async () => {
    const headers = { ...(await bearer({ role: 'service' })), ...purpose };
    const [row] = await rows(headers, { form: 'training' });
    expect(row).toMatchObject({
      conversation_id: session,
      partner: partner_id,
      split: expect.stringMatching(/^(train|validation|test)$/),
      language: 'hi',
      messages: [
        {
          role: 'user',
          content: secret,
          intent: 'ask_payment_status',
          confidence: 0.75,
          entities: { name: secret },
        },
        { role: 'assistant', content: 'I am checking.', action: 'confirm_month' },
      ],
      outcome: { status: 'active', handoff: 'requested', completed: true },
      truncated: false,
    });
  });

  test('masked, name neither the partner nor the session, and are in the same split', async () => {
    const analyst = await bearer({ role: 'analyst' });
    const [row] = await rows(analyst, { form: 'training' });
    const [again] = await rows(analyst, { form: 'training' });
    const [plain] = await rows({ ...(await bearer({ role: 'service' })), ...purpose }, { form: 'training' });
    expect(row).toEqual(again);
    expect(row?.['split']).toBe(plain?.['split']);
    const text = JSON.stringify(row);
    for (const hidden of [partner_id, session, secret.slice(0, 10)]) expect(text).not.toContain(hidden);
  });
});

test('a list of exports has the sums of each, and no files', async () => {
  const headers = await bearer({ role: 'auditor', sub: `lists-${partner_id}` });
  const made = await done(headers, await request(headers));
  await app.call(
    'DELETE',
    `/v1/exports/${String((await request(headers)).body['export_id'])}`,
    undefined,
    headers,
  );
  const { body } = await app.call('GET', '/v1/exports', undefined, headers);
  const [deleted, listed] = body['items'] as Record<string, unknown>[];
  const { first: _first, last: _last, sha256: _sha256, files: _files, ...summary } = made;
  expect(listed).toEqual(summary);
  expect(deleted).toMatchObject({ status: 'deleted', rows: 0, bytes: 0 });
  expect((await app.call('GET', '/v1/exports?limit=101', undefined, headers)).status).toBe(400);
});

describe('a file', () => {
  let headers: Headers;
  let path: string;
  let whole: string;
  let size: number;
  beforeAll(async () => {
    headers = { ...(await bearer({ role: 'auditor' })), ...purpose };
    const made = await done(headers, await request(headers, { format: 'csv' }));
    path = pathOf(made);
    size = (made['files'] as File[])[0]?.bytes ?? 0;
    whole = await (await fetchFile(path, headers)).text();
  });

  test('can be resumed after an interrupted download', async () => {
    const part = await fetchFile(path, { ...headers, range: 'bytes=100-' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 100-${size - 1}/${size}`]);
    expect(await part.text()).toBe(Buffer.from(whole).subarray(100).toString());
    const etag = part.headers.get('etag') ?? '';
    for (const [validator, status] of [
      [etag, 206],
      ['"another"', 200],
    ] as const)
      expect((await fetchFile(path, { ...headers, range: 'bytes=9-', 'if-range': validator })).status).toBe(
        status,
      );
  });

  test('without the requested range answers 416', async () => {
    const answer = await fetchFile(path, { ...headers, range: `bytes=${size}-` });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([416, `bytes */${size}`]);
    expect(await answer.json()).toMatchObject({
      type: 'https://turnstream.dev/problems/range_not_satisfiable',
    });
  });

  test('is not found by another caller, nor under another name', async () => {
    const others = [
      await bearer({ role: 'auditor', sub: 'another' }),
      await bearer({ role: 'analyst', sub: `auditor-${partner_id}` }),
      await bearer({ role: 'auditor', partners: ['P1'] }),
    ];
    for (const other of others) {
      expect((await fetchFile(path, other)).status).toBe(404);
      expect((await app.call('DELETE', path.replace(/\/files.*/, ''), undefined, other)).status).toBe(404);
    }
    for (const name of ['nothing', '..%2f..%2fissuer%2fprivate.json'])
      expect((await fetchFile(path.replace(/[^/]+$/, name), headers)).status).toBe(404);
  });

  test('is deleted with the export', async () => {
    const made = await done(headers, await request(headers));
    const id = String(made['export_id']);
    expect((await app.call('DELETE', `/v1/exports/${id}`, undefined, headers)).status).toBe(204);
    expect((await fetchFile(pathOf(made), headers)).status).toBe(404);
    const { body } = await app.call('GET', `/v1/exports/${id}`, undefined, headers);
    expect(body).toMatchObject({ status: 'deleted', files: [] });
  });

  test('with data of a restricted partner is for the named role only, and of a partner being erased for no caller', async () => {
    const service = { ...(await bearer({ role: 'service' })), ...purpose };
    const made = await done(service, await request(service));
    await app.pool.query(
      `INSERT INTO partner_privacy (partner_id, erasure, held, revision) VALUES ($1, 'restricted', false, 1)`,
      [partner_id],
    );
    const answers = [await fetchFile(pathOf(made), service), await fetchFile(path, headers)];
    await app.pool.query(`UPDATE partner_privacy SET erasure = 'requested' WHERE partner_id = $1`, [
      partner_id,
    ]);
    answers.push(await fetchFile(path, headers));
    await app.pool.query('DELETE FROM partner_privacy WHERE partner_id = $1', [partner_id]);
    expect(answers.map(({ status }) => status)).toEqual([403, 200, 403]);
  });
});
