import { EventStoreDBClient } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readPartner, sessionStream } from '#sessions';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let nodes: TestApp[];
let app: TestApp;
let other: TestApp;
let partner_id: string;
beforeAll(async () => {
  nodes = await Promise.all([startTestApp(), startTestApp()]);
  [app, other] = nodes as [TestApp, TestApp];
});
afterAll(() => Promise.all(nodes.map((node) => node.close())));
beforeEach(() => {
  partner_id = `P-${randomUUID()}`;
});

const whatsapp = { channel: 'whatsapp', language: 'hi' };
const resume = (body: object = whatsapp, node = app): Promise<Answer> =>
  node.call('POST', `/v1/partners/${partner_id}/session`, body);
const post = (id: string, path: string, body: object = {}): Promise<Answer> =>
  app.call('POST', `/v1/sessions/${id}/${path}`, body);
const context = async (id: string): Promise<Answer['body']> =>
  (await app.call('GET', `/v1/sessions/${id}/context`)).body;
const idOf = ({ body }: Answer): string => String(body['session_id']);

/**
 * Cuts a node off from the event store's answers in the middle of a start: the session is named, but does not start.
 */
async function crashBeforeStart(work: () => Promise<Answer>): Promise<string> {
  const append = app.store.append.bind(app.store);
  app.store.append = (stream, events, expected) => {
    if (stream.startsWith('session-')) throw new Error('crash');
    return append(stream, events, expected);
  };
  try {
    expect(await work()).toMatchObject({ status: 500 });
  } finally {
    app.store.append = append;
  }
  const { state } = await readPartner(app.store, partner_id);
  return String(state.last_session_id);
}

describe('POST /v1/partners/:partner_id/session', () => {
  test('starts a session with the fields of the body when the partner has none', async () => {
    const answer = await resume({ ...whatsapp, name: 'Asha', expires_in_s: 60 });
    const id = idOf(answer);
    expect(answer).toMatchObject({
      status: 201,
      body: { revision: 0, resumed: false, channel: 'whatsapp', events: [{ type: 'SessionStarted' }] },
    });
    expect(answer.headers.get('etag')).toBe('"0"');
    expect(answer.headers.get('location')).toBe(`/v1/sessions/${id}/context`);
    expect(await context(id)).toMatchObject({
      partner_id,
      identity: { name: 'Asha' },
      session: { previous_session_id: null },
      short_term_memory: { preferred_language: 'hi' },
    });
  });

  test('sent 200 times at once to two nodes gets one session', async () => {
    const calls = Array.from({ length: 200 }, (_, index) => resume(whatsapp, index % 2 ? app : other));
    const answers = await Promise.all(calls);
    expect(new Set(answers.map(idOf)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(199);
  });

  test('resumes a session of another channel as it is', async () => {
    const id = idOf(await resume());
    await post(id, 'goals', { goal: 'pay' });
    expect(await resume({ channel: 'ivr', language: 'ta' }, other)).toMatchObject({
      status: 200,
      body: { session_id: id, revision: 1, resumed: true, channel: 'whatsapp', events: [] },
    });
  });

  test('resumes a session that was started with POST /v1/sessions', async () => {
    const id = await app.start({ partner_id });
    expect(await resume()).toMatchObject({ status: 200, body: { session_id: id } });
  });

  test('resumes the session that was active last', async () => {
    const first = await app.start({ partner_id });
    const second = await app.start({ partner_id });
    expect(idOf(await resume())).toBe(second);
    await post(first, 'goals', { goal: 'pay' });
    expect(idOf(await resume())).toBe(first);
    await post(first, 'end');
    expect(idOf(await resume())).toBe(second);
  });

  test('starts another session when the last one has ended', async () => {
    const first = idOf(await resume());
    await post(first, 'goals', { goal: 'pay', step: 'verify' });
    await post(first, 'end');
    const second = await resume({ channel: 'ivr' });
    expect(second).toMatchObject({ status: 201, body: { resumed: false } });
    expect(await context(idOf(second))).toMatchObject({
      session: { previous_session_id: first },
      goal_state: { stack: [{ goal: 'pay', step: 'verify' }] },
      short_term_memory: { preferred_language: 'hi' },
    });
  });

  test('expires a session that is due and starts another one', async () => {
    const first = idOf(await resume({ ...whatsapp, expires_in_s: 1 }));
    let second = first;
    while (second === first) second = idOf(await resume());
    expect(await context(first)).toMatchObject({ session: { status: 'expired' } });
    expect(await context(second)).toMatchObject({ session: { previous_session_id: first } });
  });

  test('starts the session that a crashed call has named', async () => {
    const named = await crashBeforeStart(() => resume());
    const answers = await Promise.all([resume({ channel: 'ivr' }, other), resume(whatsapp, app)]);
    expect(answers.map(idOf)).toEqual([named, named]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 201]));
  });

  test('ignores a session that POST /v1/sessions has named and not started', async () => {
    const body = { partner_id, ...whatsapp };
    const key = { 'idempotency-key': 'k1' };
    const named = await crashBeforeStart(() => app.call('POST', '/v1/sessions', body, key));
    const resumed = await resume();
    expect(resumed.status).toBe(201);
    expect(idOf(resumed)).not.toBe(named);
    expect(await app.call('POST', '/v1/sessions', body, key)).toMatchObject({
      status: 201,
      body: { session_id: named, revision: 0 },
    });
  });

  test('starts another session when the last one cannot be read', async () => {
    const first = idOf(await resume());
    const event = { event_id: randomUUID(), type: 'GoalSet', data: {}, metadata: { schema_version: 99 } };
    await app.store.append(sessionStream(first), [app.store.codec.encode(event)], 0);
    expect(await resume()).toMatchObject({ status: 201 });
  });

  test.each(['deleteStream', 'tombstoneStream'] as const)(
    'starts another session when the last one is gone (%s)',
    async (remove) => {
      const first = idOf(await resume());
      const client = EventStoreDBClient.connectionString(app.store.url);
      await client[remove](sessionStream(first));
      await client.dispose();
      const second = await resume(whatsapp, other);
      expect(second).toMatchObject({ status: 201 });
      expect(idOf(second)).not.toBe(first);
    },
  );

  test.each([
    ['a partner_id that is no name', 'P 1', whatsapp],
    ['no channel', 'P1', {}],
    ['a session_id', 'P1', { ...whatsapp, session_id: randomUUID() }],
  ])('refuses %s', async (_, id, body) => {
    const path = `/v1/partners/${encodeURIComponent(id)}/session`;
    expect(await app.call('POST', path, body)).toMatchObject({ status: 400 });
  });
});

describe('the memory of a partner', () => {
  test('never blocks goals: after 20 sessions that left one each, the next session can set its own', async () => {
    for (let index = 0; index < 20; index += 1) {
      const id = await app.start({ partner_id });
      expect(await post(id, 'goals', { goal: `goal-${index}` })).toMatchObject({ status: 200 });
      await post(id, 'end');
    }
    const last = await context(await app.start({ partner_id }));
    const goals = (last['goal_state'] as { stack: { goal: string }[] }).stack.map(({ goal }) => goal);
    expect(goals).toEqual(Array.from({ length: 8 }, (_, index) => `goal-${index + 12}`));
  });

  test('has the changes of both of two parallel sessions, whichever ends first', async () => {
    const first = await app.start({ partner_id });
    const second = await app.start({ partner_id });
    await post(second, 'preferences', { preferences: { vehicle: 'bike', shift: 'night' } });
    await post(second, 'end');
    await post(first, 'preferences', { preferences: { call_back: 'evening', shift: 'day' } });
    await post(first, 'end');
    expect(await context(await app.start({ partner_id }))).toMatchObject({
      short_term_memory: { preferences: { vehicle: 'bike', call_back: 'evening', shift: 'night' } },
    });
  });

  test('has the changes so far of a session that continues', async () => {
    const first = await app.start({ partner_id });
    await post(first, 'preferences', { preferences: { language: 'ta', call_back: 'evening' } });
    expect(await context(await app.start({ partner_id, language: undefined }))).toMatchObject({
      short_term_memory: { preferred_language: 'ta', preferences: { call_back: 'evening' } },
    });
  });
});
