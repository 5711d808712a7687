import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let app: TestApp;
let id: string;
beforeAll(async () => {
  app = await startTestApp();
  id = await app.start();
});
afterAll(() => app.close());

const turn = { sender: 'user', message_text: 'Where is my payout?' };
const start = { partner_id: 'P1', channel: 'whatsapp' };

describe('invalid input is a 400 that names the field', () => {
  const cases: [string, string, unknown, string][] = [
    ['POST', '/v1/sessions', {}, 'partner_id'],
    ['POST', '/v1/sessions', { ...start, channel: 'fax' }, 'channel'],
    ['POST', '/v1/sessions', { ...start, colour: 'red' }, 'colour'],
    ['POST', '/v1/sessions', { ...start, partner_id: 7 }, 'partner_id'],
    ['POST', '/v1/sessions', { ...start, partner_id: 'a b' }, 'partner_id'],
    ['POST', '/v1/sessions', { ...start, session_id: 'not-a-uuid' }, 'session_id'],
    ['POST', '/v1/sessions', { ...start, session_id: '0b8e2c9a-52a1-1c5e-9c53-4a5d0a6c0f10' }, 'session_id'],
    ['POST', '/v1/sessions', { ...start, language: 'Hindi!' }, 'language'],
    ['POST', '/v1/sessions', { ...start, expires_in_s: -1 }, 'expires_in_s'],
    ['POST', '/v1/sessions/:id/turns', { ...turn, sender: 'robot' }, 'sender'],
    ['POST', '/v1/sessions/:id/turns', { ...turn, message_text: '' }, 'message_text'],
    ['POST', '/v1/sessions/:id/turns', { ...turn, message_text: ['a'] }, 'message_text'],
    ['POST', '/v1/sessions/:id/turns', { ...turn, intent_confidence: 2 }, 'intent_confidence'],
    ['POST', '/v1/sessions/:id/turns', { ...turn, extracted_entities: ['a'] }, 'extracted_entities'],
    ['POST', '/v1/sessions/:id/turns', { ...turn, turn_id: 'x' }, 'turn_id'],
    [
      'POST',
      '/v1/sessions/:id/turns',
      { sender: 'bot', message_text: 'a', response_text: 'b' },
      'response_text',
    ],
    ['POST', '/v1/sessions/not-a-uuid/turns', turn, 'session_id'],
    ['POST', '/v1/sessions/:id/goals', { goal: 1 }, 'goal'],
    ['PATCH', '/v1/sessions/:id/goals/pay', { status: 'done' }, 'status'],
    ['PUT', '/v1/sessions/:id/flags/is_repeat_query', {}, 'flag'],
    ['PUT', '/v1/sessions/:id/flags/UPPER', {}, 'flag'],
    ['PUT', '/v1/sessions/:id/flags/vip', { value: { a: 1 } }, 'value'],
    ['POST', '/v1/sessions/:id/channel', { channel: 'fax' }, 'channel'],
    ['POST', '/v1/sessions/:id/preferences', { preferences: { language: 7 } }, 'preferences'],
    ['POST', '/v1/sessions/:id/handoff', { action: 'accept', reason: 'x' }, 'reason'],
    ['POST', '/v1/sessions/:id/external-updates', { system: 'a', kind: 'b', data: {} }, 'source_event_id'],
    ['POST', '/v1/sessions/:id/commands', { commands: [] }, 'commands'],
    ['POST', '/v1/sessions/:id/commands', { commands: [{ type: 'Nothing' }] }, 'commands[0].type'],
    [
      'POST',
      '/v1/sessions/:id/commands',
      { commands: [{ type: 'SetGoal', goal: 'a' }, { type: 'SetGoal' }] },
      'commands[1].goal',
    ],
    ['GET', '/v1/sessions/:id/context?min_revision=x', undefined, 'min_revision'],
    ['GET', '/v1/sessions/:id/events?limit=5000', undefined, 'limit'],
    ['GET', '/v1/turns?from=yesterday', undefined, 'from'],
    ['GET', '/v1/sessions?status=asleep', undefined, 'status'],
  ];
  test.each(cases)('%s %s %j: %s', async (method, path, body, field) => {
    const answer = await app.call(method, path.replace(':id', id), body);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer).toMatchObject({
      status: 400,
      body: { status: 400, type: expect.stringContaining('validation_failed') },
    });
    const errors = answer.body['errors'] as { field: string }[];
    expect(errors.map((error) => error.field)).toContain(field);
  });
});

describe('the message names the most basic violation', () => {
  test.each<[string, unknown, Record<string, string>, object[]]>([
    [
      'turns',
      { ...turn, intent_confidence: 'high' },
      {},
      [{ field: 'intent_confidence', message: 'must be a number' }],
    ],
    [
      'turns',
      { ...turn, message_text: 5 },
      {},
      [{ field: 'message_text', message: 'must be a text (string)' }],
    ],
    ['goals', {}, {}, [{ field: 'goal', message: 'is missing' }]],
    [
      'commands',
      { commands: [{ type: 'set_goal', goal: '' }] },
      {},
      [{ field: 'commands[0].type', message: expect.stringContaining('must be one of') }],
    ],
    ['turns', [turn], {}, []],
    [
      'turns',
      '{"sender":"user","message_text":"a","__proto__":{"a":1}}',
      { 'content-type': 'application/json' },
      [{ field: '__proto__', message: 'is not an allowed key' }],
    ],
    [
      'turns',
      turn,
      { 'idempotency-key': 'a b' },
      [{ field: 'idempotency-key', message: 'must be 1 to 255 visible ASCII characters without spaces' }],
    ],
  ])('%s %j %j', async (path, body, headers, errors) => {
    expect(await app.call('POST', `/v1/sessions/${id}/${path}`, body, headers)).toMatchObject({
      status: 400,
      body: { errors },
    });
  });

  test('an epoch is refused for a session that no instance owns', async () => {
    const answer = await app.call('POST', `/v1/sessions/${id}/turns`, turn, { 'agent-epoch': '1' });
    expect(answer).toMatchObject({ status: 409, body: { detail: 'No instance owns this session.' } });
  });
});

describe('an unreadable request is a problem', () => {
  const json = { 'content-type': 'application/json' };
  test.each([
    ['malformed JSON', '{"a":', json, 400],
    ['an empty body', '', json, 400],
    ['a list', '[1]', json, 400],
    ['null', 'null', json, 400],
    ['a prototype', '{"__proto__":{"a":1},"sender":"user","message_text":"a"}', json, 400],
    ['another content type', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['text', 'hello', { 'content-type': 'text/plain' }, 415],
    ['a huge body', JSON.stringify({ ...turn, message_text: 'x'.repeat(262_145) }), json, 413],
  ])('%s', async (_name, body, headers, status) => {
    const answer = await app.call('POST', `/v1/sessions/${id}/turns`, body, headers);
    expect(answer).toMatchObject({ status, body: { status } });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  test.each(['41', '"a"', '"1", "2"', 'W/"-1"'])('If-Match: %s is a malformed precondition', async (tag) => {
    const answer = await app.call('POST', `/v1/sessions/${id}/turns`, turn, { 'if-match': tag });
    expect(answer).toMatchObject({
      status: 400,
      body: { type: expect.stringContaining('malformed_precondition') },
    });
  });
});

describe('a refusal', () => {
  test('of an unknown session is a 404 for commands and reads', async () => {
    const unknown = randomUUID();
    const answers = await Promise.all([
      app.call('POST', `/v1/sessions/${unknown}/turns`, turn),
      app.call('POST', `/v1/sessions/${unknown}/turns`, turn, { 'if-match': '"3"' }),
      app.call('GET', `/v1/sessions/${unknown}/context`),
      app.call('GET', `/v1/sessions/${unknown}/context?explain=1`),
      app.call('GET', `/v1/sessions/${unknown}/events`),
      app.call('GET', '/v1/nothing'),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([404, 404, 404, 404, 404, 404]);
  });

  test.each([
    ['itself', 0],
    ['a later turn of the same request', 1],
  ])('of a turn that answers %s is a 409 with the reason, and nothing is recorded', async (_, answered) => {
    const session = await app.start();
    const ids = [randomUUID(), randomUUID()];
    const commands = ids.map((turn_id) => ({ type: 'RecordTurn', ...turn, turn_id }));
    const body = { commands: [{ ...commands[0], in_reply_to: ids[answered] }, commands[1]] };
    expect(await app.call('POST', `/v1/sessions/${session}/commands`, body)).toMatchObject({
      status: 409,
      body: { reason: 'reply_not_to_earlier_turn', command: 0, current_revision: 0 },
    });
  });

  test('is not given for a reply to an unknown turn: the event marks it', async () => {
    const session = await app.start();
    const data = { in_reply_to: randomUUID(), in_reply_to_unresolved: true };
    const { in_reply_to } = data;
    const answer = await app.call('POST', `/v1/sessions/${session}/turns`, { ...turn, in_reply_to });
    expect(answer).toMatchObject({ status: 201 });
    const { body } = await app.call('GET', `/v1/sessions/${session}/events?from_revision=1`);
    expect(body).toMatchObject({ events: [{ type: 'TurnRecorded', data }] });
  });

  test('of a step of an unknown goal is a 409 with the reason', async () => {
    const session = await app.start();
    expect(await app.call('PATCH', `/v1/sessions/${session}/goals/pay`, { step: 'x' })).toMatchObject({
      status: 409,
      body: { reason: 'goal_not_set', current_revision: 0 },
    });
  });

  test('of a turn in an ended session is a 409 with the reason', async () => {
    const ended = await app.start();
    await app.call('POST', `/v1/sessions/${ended}/end`, {});
    expect(await app.call('POST', `/v1/sessions/${ended}/turns`, turn)).toMatchObject({
      status: 409,
      body: { reason: 'session_over' },
    });
  });

  test('without the event store is a 503 with Retry-After', async () => {
    const withoutStore = await startTestApp({ eventStoreUrl: 'esdb://127.0.0.1:1?tls=false' });
    const answer = await withoutStore.call('POST', '/v1/sessions', start, { 'idempotency-key': 'k' });
    expect(answer).toMatchObject({ status: 503, body: { retry_after_s: 1 } });
    expect(answer.headers.get('retry-after')).toBe('1');
    await withoutStore.close();
  });
});
