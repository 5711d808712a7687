import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const turn = { sender: 'user', message_text: 'Where is my payout?', parsed_intent: 'ask_payment_status' };
const post = (path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> =>
  app.call('POST', `/v1/sessions${path}`, body, headers);
const context = async (id: string, revision: number): Promise<Answer['body']> =>
  (await app.call('GET', `/v1/sessions/${id}/context?min_revision=${revision}`)).body;

const update = { system: 'orders', kind: 'x', data: {}, source_event_id: 'e1' };

describe('commands', () => {
  test('of each kind change the context at the revision of the answer', async () => {
    const id = await app.start({ name: 'Asha', region: 'Pune', device: 'android-14' });
    const answers = [
      await post(`/${id}/goals`, { goal: 'resolve_payment', step: 'verify_bank' }),
      await post(`/${id}/turns`, {
        ...turn,
        extracted_entities: { month: 'October' },
        response_text: 'Checking.',
        bot_action: 'check',
      }),
      await post(`/${id}/goals`, { goal: 'track_order' }),
      await app.call('PATCH', `/v1/sessions/${id}/goals/track_order`, { status: 'completed' }),
      await app.call('PUT', `/v1/sessions/${id}/flags/vip`, { value: 'gold' }),
      await app.call('PUT', `/v1/sessions/${id}/flags/seen`, {}),
      await app.call('DELETE', `/v1/sessions/${id}/flags/seen`),
      await post(`/${id}/channel`, { channel: 'ivr' }),
      await post(`/${id}/preferences`, { preferences: { language: 'ta', call_back: 'evening' } }),
      await post(`/${id}/handoff`, { action: 'request', reason: 'angry' }),
      await post(`/${id}/external-updates`, {
        system: 'orders',
        kind: 'shipped',
        reference: 'ORD9823',
        data: { status: 'shipped', tracking_id: 'T1' },
        source_event_id: 'e1',
      }),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([
      200, 201, 200, 200, 200, 200, 200, 200, 200, 200, 201,
    ]);
    const last = Number(answers.at(-1)?.body['revision']);
    expect(answers.at(-1)?.headers.get('etag')).toBe(`"${last}"`);
    expect(await context(id, last)).toMatchObject({
      session_id: id,
      revision: last,
      identity: { name: 'Asha', region: 'Pune', device: 'android-14' },
      session: { status: 'active', channel: 'ivr', turn_count: 2 },
      order_tracking: { order_id: 'ORD9823', status: 'shipped', tracking_id: 'T1' },
      goal_state: { current_goal: 'resolve_payment', step: 'verify_bank', status: 'in_progress', stack: [] },
      conversation_flags: {
        asked_about_payment: true,
        is_repeat_query: false,
        vip: 'gold',
        handoff: 'requested',
      },
      short_term_memory: {
        preferred_language: 'ta',
        preferences: { call_back: 'evening' },
        last_user_intent: 'ask_payment_status',
        last_bot_action: 'check',
        recent_turns: [{ sender: 'user' }, { sender: 'bot', message_text: 'Checking.' }],
      },
    });
    const over = await post(`/${id}/end`, { reason: 'resolved' });
    expect(await context(id, Number(over.body['revision']))).toMatchObject({ session: { status: 'ended' } });
  });

  test('sent together are one append: all of them or none', async () => {
    const id = await app.start();
    const commands = [
      { type: 'SetGoal', goal: 'resolve_payment' },
      { type: 'RecordTurn', ...turn, response_text: 'Checking.' },
      { type: 'RaiseFlag', flag: 'vip' },
      { type: 'Handoff', action: 'request' },
      { type: 'UpdateGoal', goal: 'resolve_payment', step: 'verify_bank' },
    ];
    const done = await post(`/${id}/commands`, { commands });
    expect(done).toMatchObject({ status: 200, body: { revision: 6 } });
    const refused = await post(`/${id}/commands`, {
      commands: [
        { type: 'ClearFlag', flag: 'vip' },
        { type: 'UpdateGoal', goal: 'unknown', step: 'x' },
      ],
    });
    expect(refused).toMatchObject({
      status: 409,
      body: { reason: 'goal_not_set', command: 1, current_revision: 6 },
    });
    expect(await context(id, 6)).toMatchObject({ revision: 6, conversation_flags: { vip: true } });
  });
});

describe('the expected revision', () => {
  test('with If-Match accepts exactly one of 64 writers', async () => {
    const id = await app.start();
    const writers = Array.from({ length: 64 }, (_, index) =>
      app.call('PUT', `/v1/sessions/${id}/flags/f${index}`, {}, { 'if-match': '"0"' }),
    );
    const answers = await Promise.all(writers);
    const lost = answers.filter((answer) => answer.status === 412);
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(lost).toHaveLength(63);
    expect(lost[0]?.headers.get('etag')).toBe('"1"');
    expect(lost[0]?.body).toMatchObject({
      type: expect.stringContaining('wrong_expected_revision'),
      current_revision: 1,
      retry_safe: true,
      events: [{ type: 'FlagRaised', revision: 1 }],
    });
    const { body } = await app.call('GET', `/v1/sessions/${id}/events`);
    expect(body['events']).toMatchObject([{ revision: 0 }, { revision: 1 }]);
  });

  test('without If-Match accepts all writers', async () => {
    const id = await app.start();
    const writers = Array.from({ length: 30 }, () => post(`/${id}/turns`, turn));
    const revisions = (await Promise.all(writers)).map((answer) => Number(answer.body['revision']));
    expect(revisions.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
  });
});

describe('a repeated request', () => {
  test('sent 200 times at once appends one event', async () => {
    const id = await app.start();
    const key = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(Array.from({ length: 200 }, () => post(`/${id}/turns`, turn, key)));
    expect(new Set(answers.map((answer) => `${answer.status} ${JSON.stringify(answer.body)}`)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === null)).toHaveLength(1);
    expect(await context(id, 1)).toMatchObject({ revision: 1 });
  });

  test.each<[string, string, object, Record<string, string>]>([
    ['its key', 'turns', turn, { 'idempotency-key': 'k1' }],
    ['its turn_id', 'turns', { ...turn, turn_id: randomUUID() }, {}],
    ['its message_id', 'turns', { ...turn, message_id: 'wamid.1' }, {}],
    ['the id of its external update', 'external-updates', update, {}],
  ])('is recognized by %s, and another body under it is a 422', async (_, path, body, headers) => {
    const id = await app.start();
    const first = await post(`/${id}/${path}`, body, headers);
    const again = await post(`/${id}/${path}`, body, headers);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const change = path === 'turns' ? { message_text: 'other' } : { kind: 'other' };
    expect(await post(`/${id}/${path}`, { ...body, ...change }, headers)).toMatchObject({ status: 422 });
    expect(await context(id, 1)).toMatchObject({ revision: 1 });
  });

  test('is recognized by its turn_id without the key of the first', async () => {
    const id = await app.start();
    const body = { ...turn, turn_id: randomUUID() };
    await post(`/${id}/turns`, body, { 'idempotency-key': 'k1' });
    expect((await post(`/${id}/turns`, body)).headers.get('idempotency-replayed')).toBe('true');
  });

  test('is recognized after a thousand others', async () => {
    const id = await app.start();
    const old = { ...turn, turn_id: randomUUID() };
    const first = await post(`/${id}/turns`, old);
    for (let round = 0; round < 20; round += 1) {
      const commands = Array.from({ length: 50 }, () => ({
        type: 'RecordTurn',
        ...turn,
        turn_id: randomUUID(),
      }));
      await post(`/${id}/commands`, { commands });
    }
    expect(await post(`/${id}/turns`, old)).toMatchObject({ status: 201, body: first.body });
    expect(await context(id, 1_001)).toMatchObject({ revision: 1_001 });
  });

  test('to start a session gets the same session, by key or by session_id', async () => {
    const body = { partner_id: `P-${randomUUID()}`, channel: 'whatsapp' };
    const key = { 'idempotency-key': 'start-1' };
    const first = await post('', body, key);
    expect((await post('', body, key)).body).toEqual(first.body);
    expect((await post('', { ...body, channel: 'ivr' }, key)).status).toBe(422);
    const named = { ...body, session_id: randomUUID() };
    const second = await post('', named);
    expect(second.headers.get('location')).toBe(`/v1/sessions/${named.session_id}/context`);
    expect((await post('', named)).body).toEqual(second.body);
    expect((await post('', body, { 'if-match': '"5"' })).status).toBe(412);
    expect(await post('', { ...named, channel: 'ivr' })).toMatchObject({
      status: 409,
      body: { reason: 'session_exists' },
    });
  });
});

describe('a session of a returning partner', () => {
  test('begins with language, preferences, open goals and the id of the previous session', async () => {
    const partner_id = `P-${randomUUID()}`;
    const first = await app.start({ partner_id, language: 'hi' });
    await post(`/${first}/goals`, { goal: 'resolve_payment', step: 'verify_bank' });
    await post(`/${first}/preferences`, { preferences: { call_back: 'evening' } });
    await post(`/${first}/end`, {});
    const second = await app.start({ partner_id, language: undefined, channel: 'ivr' });
    expect(await context(second, 0)).toMatchObject({
      session: { previous_session_id: first, channel: 'ivr' },
      goal_state: { current_goal: null, stack: [{ goal: 'resolve_payment', step: 'verify_bank' }] },
      short_term_memory: { preferred_language: 'hi', preferences: { call_back: 'evening' } },
    });
    await post(`/${second}/goals`, { goal: 'resolve_payment' });
    const third = await app.start({ partner_id, language: undefined });
    expect(await context(third, 0)).toMatchObject({
      session: { previous_session_id: second },
      goal_state: { stack: [{ goal: 'resolve_payment', step: 'verify_bank' }] },
    });
  });
});
