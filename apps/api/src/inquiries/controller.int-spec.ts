import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sleep } from '#platform';
import { CommandExecutor } from '#sessions';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const question = { kind: 'order_status', subject: { order_id: 'ORD9823' } };
const ask = (id: string, body: unknown = question, headers?: Record<string, string>): Promise<Answer> =>
  app.call('POST', `/v1/sessions/${id}/inquiries`, body, headers);
const look = (id: string, inquiry: unknown): Promise<Answer> =>
  app.call('GET', `/v1/sessions/${id}/inquiries/${String(inquiry)}`);
const timeline = (id: string, inquiry: unknown): Promise<Answer> =>
  app.call('GET', `/v1/sessions/${id}/inquiries/${String(inquiry)}/timeline`);
const close = (id: string, inquiry: unknown): Promise<Answer> =>
  app.call('DELETE', `/v1/sessions/${id}/inquiries/${String(inquiry)}`);
const nothingKept = {
  load: async () => undefined,
  remember: () => undefined,
  findCommand: async () => ({ revision: Number.MAX_SAFE_INTEGER }),
  restore: async () => undefined,
  forget: async () => undefined,
};

/** Simulates the bridge with an answer of the order service. */
async function answer(sessionId: string, inquiry_id: string): Promise<void> {
  const now = new Date().toISOString();
  const data = { order_id: 'ORD9823', status: 'pending' };
  const reply = { inquiry_id, source: 'orders', attempt: 1, data, reply_id: `/orders/${inquiry_id}`, now };
  await new CommandExecutor(app.store, nothingKept).execute({
    sessionId,
    commands: [{ type: 'AnswerInquiry', ...reply }],
    actor: { role: 'system', id: 'orders' },
    commandIds: [`reply:${reply.reply_id}`],
    body: {},
  });
}

test('a question is accepted at once with the address of its inquiry', async () => {
  const id = await app.start();
  const { status, headers, body } = await ask(id);
  expect(status).toBe(202);
  expect(headers.get('location')).toBe(`/v1/sessions/${id}/inquiries/${String(body['inquiry_id'])}`);
  expect(headers.get('etag')).toBe('"1"');
  expect(body).toMatchObject({ session_id: id, revision: 1, joined: false });
});

test('without Kafka no question is accepted, and readiness says so', async () => {
  const without = await startTestApp({ kafka: { brokers: [] } });
  try {
    const path = `/v1/sessions/${await without.start()}/inquiries`;
    const { status, body } = await without.call('POST', path, question);
    expect([status, body['type']]).toEqual([503, 'https://turnstream.dev/problems/inquiries_off']);
    expect((await without.call('GET', '/health/ready')).body).toMatchObject({
      status: 'ok',
      details: { off: ['kafka'] },
    });
  } finally {
    await without.close();
  }
});

test('an open inquiry is in the context', async () => {
  const id = await app.start();
  await ask(id);
  const context = await app.call('GET', `/v1/sessions/${id}/context?min_revision=1`);
  expect(context.body).toMatchObject({
    order_tracking: { order_id: 'ORD9823' },
    conversation_flags: { awaiting_external_data: true },
    inquiries: { open: [{ kind: 'order_status' }], closed: [] },
  });
});

test('an answered inquiry shows its answer and each source', async () => {
  const id = await app.start();
  const { inquiry_id } = (await ask(id)).body;
  await answer(id, String(inquiry_id));
  expect((await look(id, inquiry_id)).body).toMatchObject({
    status: 'complete',
    answer: { order_id: 'ORD9823', order_status: 'pending' },
    sources: {
      orders: { status: 'answered', latency_ms: expect.any(Number) },
      logistics: { status: 'skipped' },
    },
  });
});

test('a repeated request gets the first answer', async () => {
  const id = await app.start();
  const key = { 'idempotency-key': 'a' };
  const first = await ask(id, question, key);
  const again = await ask(id, question, key);
  expect(again.body).toEqual(first.body);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
});

test('another question under a used key is a 422', async () => {
  const id = await app.start();
  await ask(id, question, { 'idempotency-key': 'a' });
  const other = { kind: 'order_status', subject: { order_id: 'ORD1' } };
  expect((await ask(id, other, { 'idempotency-key': 'a' })).status).toBe(422);
});

test('only the same question joins an open inquiry', async () => {
  const id = await app.start();
  const { inquiry_id } = (await ask(id)).body;
  expect((await ask(id)).body).toMatchObject({ inquiry_id, joined: true, revision: 1 });
  const other = { kind: 'order_status', subject: { order_id: 'ORD1' } };
  expect((await ask(id, other)).body).toMatchObject({ joined: false, revision: 2 });
});

/** Asks a question that joins an open inquiry and closes an overdue one; the event of the closing records its key. */
async function joinAndCloseOverdue(key: Record<string, string>): Promise<{ id: string; joined: Answer }> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const id = await app.start();
    await ask(id, { kind: 'order_status', subject: { order_id: 'ORD1' }, timeout_ms: 100 });
    await ask(id);
    await sleep(120);
    const joined = await ask(id, question, key);
    const { body } = await app.call('GET', `/v1/sessions/${id}/events?from_revision=3`);
    // A running bridge may have closed the overdue inquiry first.
    const [closing] = body['events'] as { metadata: { command_id?: string } }[];
    if (closing?.metadata.command_id === `key:${key['idempotency-key']}`) return { id, joined };
  }
  throw new Error('Another process always closed the overdue inquiry first.');
}

describe('a repetition of a question that joined an inquiry', () => {
  const key = { 'idempotency-key': 'a' };

  test('gets that inquiry, even if it is closed', async () => {
    const { id, joined } = await joinAndCloseOverdue(key);
    expect(joined.body).toMatchObject({ joined: true, revision: 3 });
    await close(id, joined.body['inquiry_id']);
    expect((await ask(id, question, key)).body).toEqual(joined.body);
  });

  test('gets that inquiry, even if the session keeps only later ones', async () => {
    const { id, joined } = await joinAndCloseOverdue(key);
    await close(id, joined.body['inquiry_id']);
    for (const order_id of ['A', 'B', 'C', 'D']) {
      const { body } = await ask(id, { kind: 'order_status', subject: { order_id } });
      await close(id, body['inquiry_id']);
    }
    expect((await ask(id, question, key)).body).toEqual(joined.body);
  });
});

test('an inquiry is cancelled once', async () => {
  const id = await app.start();
  const { inquiry_id } = (await ask(id)).body;
  const path = `/v1/sessions/${id}/inquiries/${String(inquiry_id)}`;
  expect((await app.call('DELETE', path)).body).toMatchObject({ events: [{ type: 'InquiryClosed' }] });
  expect((await app.call('DELETE', path)).body).toMatchObject({ events: [] });
  expect((await look(id, inquiry_id)).body).toMatchObject({ status: 'cancelled', answer: null });
});

test('an inquiry is found long after it was closed', async () => {
  const id = await app.start();
  const { inquiry_id } = (await ask(id)).body;
  await app.call('DELETE', `/v1/sessions/${id}/inquiries/${String(inquiry_id)}`);
  for (const order_id of ['A', 'B', 'C', 'D']) {
    const { body } = await ask(id, { kind: 'order_status', subject: { order_id } });
    await app.call('DELETE', `/v1/sessions/${id}/inquiries/${String(body['inquiry_id'])}`);
  }
  expect((await look(id, inquiry_id)).body).toMatchObject({ inquiry_id, status: 'cancelled' });
});

test.each([
  [400, 'kind', { kind: 'weather', subject: {} }],
  [400, 'subject.order_id', { kind: 'order_status', subject: {} }],
  [400, 'subject.order_id', { kind: 'order_status', subject: { order_id: 7 } }],
  [400, 'subject.payout_id', { kind: 'order_status', subject: { order_id: 'A', payout_id: 'B' } }],
  [400, 'timeout_ms', { ...question, timeout_ms: 1 }],
  [400, 'colour', { ...question, colour: 'red' }],
  [400, 'subject.toString', { kind: 'order_status', subject: { order_id: 'A', toString: 'B' } }],
  [400, 'subject', { kind: 'order_status', subject: ['ORD9823'] }],
])('%i names the field %s', async (status, field, body) => {
  const refused = await ask(await app.start(), body);
  expect(refused.status).toBe(status);
  expect(refused.body).toMatchObject({ errors: [{ field }] });
});

test('the timeline of an inquiry has all of its steps, even long after its end', async () => {
  const id = await app.start();
  const { inquiry_id } = (await ask(id)).body;
  await answer(id, String(inquiry_id));
  for (const order_id of ['A', 'B', 'C', 'D']) {
    const { body } = await ask(id, { kind: 'order_status', subject: { order_id } });
    await close(id, body['inquiry_id']);
  }
  const { status, body } = await timeline(id, inquiry_id);
  expect([status, body['truncated']]).toEqual([200, false]);
  expect(body['steps']).toMatchObject([
    { step: 'opened', revision: 1, source: null },
    { step: 'asked', source: 'orders', attempt: 1 },
    { step: 'answered', source: 'orders', attempt: 1, at: expect.any(String) },
    { step: 'skipped', source: 'logistics' },
    { step: 'closed', cause: 'settled', outcome: 'complete' },
  ]);
});

test('the declaration of a kind is in the first event only, not in context or inquiry', async () => {
  const id = await app.start();
  const { inquiry_id } = (await ask(id)).body;
  const { body } = await app.call('GET', `/v1/sessions/${id}/events?from_revision=1`);
  expect(body['events']).toMatchObject([{ data: { declared: { deadline_ms: 5_000 } } }]);
  const context = await app.call('GET', `/v1/sessions/${id}/context?min_revision=1`);
  expect(JSON.stringify([context.body, (await look(id, inquiry_id)).body])).not.toContain('deadline_ms');
});

test('an unknown inquiry or session is a 404', async () => {
  const id = await app.start();
  const unknown = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';
  expect((await look(id, unknown)).status).toBe(404);
  expect((await timeline(id, unknown)).status).toBe(404);
  expect((await close(id, unknown)).status).toBe(404);
  expect((await ask(unknown)).status).toBe(404);
});

test('an ended session opens no inquiry', async () => {
  const id = await app.start();
  await app.call('POST', `/v1/sessions/${id}/end`, {});
  expect((await ask(id)).body).toMatchObject({ status: 409, reason: 'session_over' });
});
