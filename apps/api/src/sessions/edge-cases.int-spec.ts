import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let app: TestApp;
let id: string;
beforeAll(async () => {
  app = await startTestApp();
  id = await app.start();
});
afterAll(() => app.close());

const turn = { sender: 'user', message_text: 'Where is my payout?' };
const post = (path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> =>
  app.call('POST', `/v1/sessions/${path}`, body, headers);
const lastEvent = async (id: string): Promise<Record<string, unknown>> => {
  const { body } = await app.call('GET', `/v1/sessions/${id}/events?limit=1000`);
  const event = (body['events'] as { data: Record<string, unknown> }[]).at(-1);
  return event?.data ?? {};
};

describe('a path parameter', () => {
  test.each([
    ['PATCH', 'goals/%00', 'goal'],
    ['PATCH', 'goals/goal_with_a_name_of_more_than_sixty_four_characters_xxxxxxxxxxxxxxx', 'goal'],
    ['PUT', 'flags/%00', 'flag'],
    ['PUT', 'flags/flag_with_a_name_of_more_than_sixty_four_characters_xxxxxxxxxxxxxxx', 'flag'],
    ['PUT', 'flags/__proto__', 'flag'],
    ['DELETE', 'flags/handoff', 'flag'],
  ])('%s %s is refused by its name', async (method, path, field) => {
    const answer = await app.call(method, `/v1/sessions/${id}/${path}`, method === 'DELETE' ? undefined : {});
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  test('may be a session id in upper case', async () => {
    expect((await post(`${id.toUpperCase()}/turns`, turn)).body).toMatchObject({ session_id: id });
  });

  test('may be a flag that is named like a member of every object', async () => {
    const session = await app.start();
    await app.call('PUT', `/v1/sessions/${session}/flags/constructor`, {});
    const { body } = await app.call('GET', `/v1/sessions/${session}/context?min_revision=1`);
    expect(body).toMatchObject({ revision: 1, conversation_flags: { constructor: true } });
  });
});

describe('a header', () => {
  test.each([
    ['idempotency-key', ''],
    ['idempotency-key', 'schlüssel'],
    ['agent-id', 'a b'],
    ['agent-epoch', '0'],
    ['agent-epoch', '-1'],
    ['agent-epoch', '1e3'],
    ['agent-epoch', '1'.repeat(16)],
    ['correlation-id', 'a,\tb'],
    ['traceparent', '00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01'],
    ['traceparent', '00'],
  ])('%s: %s is refused by its name', async (field, value) => {
    expect(await post(`${id}/turns`, turn, { [field]: value })).toMatchObject({
      status: 400,
      body: { type: expect.stringContaining('validation_failed'), errors: [{ field }] },
    });
  });

  test.each([
    ['idempotency-key', 256],
    ['agent-id', 129],
    ['correlation-id', 129],
  ])('%s of %i characters is refused by its name', async (field, length) => {
    const answer = await post(`${id}/turns`, turn, { [field]: 'x'.repeat(length) });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  test.each(['agent-id', 'idempotency-key', 'agent-epoch', 'correlation-id', 'traceparent', 'if-match'])(
    '%s of 12,000 characters is refused with a short answer',
    async (name) => {
      const answer = await post(`${id}/turns`, turn, { [name]: '9'.repeat(12_000) });
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.body).length).toBeLessThan(1_000);
    },
  );

  test('is refused together with the others that are wrong', async () => {
    const headers = { 'agent-id': 'a b', 'agent-epoch': 'x' };
    expect((await post(`${id}/turns`, turn, headers)).body).toMatchObject({
      errors: [{ field: 'agent-id' }, { field: 'agent-epoch' }],
    });
  });

  test('that is named like a member of every object is ignored', async () => {
    expect((await post(`${id}/turns`, turn, { constructor: 'x', tostring: 'y' })).status).toBe(201);
  });
});

describe('a page of another origin', () => {
  test.each([
    ['POST', 'end'],
    ['GET', 'stream'],
    ['GET', 'context'],
  ])('may not %s …/%s', async (method, path) => {
    const origin = 'https://evil.example';
    expect(await app.call(method, `/v1/sessions/${id}/${path}`, undefined, { origin })).toMatchObject({
      status: 403,
      body: { type: expect.stringContaining('origin_not_allowed') },
    });
  });

  test('is not one that the API itself serves', async () => {
    const answer = await app.call('GET', `/v1/sessions/${id}/context`, undefined, { origin: app.url });
    expect(answer.status).toBe(200);
  });
});

describe('a body', () => {
  test('may be absent where every field is optional', async () => {
    expect((await post(`${await app.start()}/end`, undefined)).status).toBe(200);
  });

  test.each([
    ['goals', ''],
    ['goals', '""'],
    ['goals', '0'],
    ['goals', '{"goal":"a"}{"goal":"b"}'],
    ['goals', '{"goal":{"toString":"x"}}'],
    ['goals', '{"goal":["a"]}'],
    ['commands', '{"commands":{"0":{"type":"EndSession"},"length":1}}'],
    ['commands', '{"commands":[null]}'],
    ['commands', '{"commands":["EndSession"]}'],
    ['commands', '{"commands":[[{"type":"EndSession"}]]}'],
    ['commands', '{"commands":[{"type":["EndSession"]}]}'],
    ['commands', '{"commands":[{"type":"constructor"}]}'],
    ['commands', '{"commands":[{"type":"StartSession","partner_id":"P1","channel":"ivr"}]}'],
    ['commands', '{"commands":[{"type":"ClearFlag","flag":"vip","value":true}]}'],
    ['turns', JSON.stringify({ ...turn, intent_confidence: '0.5' })],
    ['turns', `{"sender":"user","message_text":"a","intent_confidence":1e400}`],
    ['preferences', '{"preferences":{}}'],
    ['preferences', '{"preferences":{"constructor":"x"}}'],
    ['external-updates', '{"system":"a","kind":"b","source_event_id":"c","data":null}'],
  ])('of %s that is %s is refused with 400', async (path, body) => {
    const answer = await post(`${id}/${path}`, body, { 'content-type': 'application/json' });
    expect(answer).toMatchObject({ status: 400, body: { status: 400 } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  test.each([
    [
      'more than 50 commands',
      'commands',
      { commands: Array.from({ length: 51 }, () => ({ type: 'EndSession' })) },
    ],
    ['entities of 16 KiB', 'turns', { ...turn, extracted_entities: { text: 'x'.repeat(16_384) } }],
    ['a message of 8,001 characters', 'turns', { ...turn, message_text: 'x'.repeat(8_001) }],
  ])('with %s is refused with 400', async (_, path, body) => {
    expect(await post(`${id}/${path}`, body)).toMatchObject({ status: 400 });
  });

  test('keeps free-form keys that every object has', async () => {
    const entities = {
      toString: 'a',
      valueOf: 1,
      hasOwnProperty: { isPrototypeOf: true },
      list: [{ toJSON: 1 }],
    };
    const session = await app.start();
    await post(`${session}/turns`, { ...turn, extracted_entities: entities });
    expect((await lastEvent(session))['extracted_entities']).toEqual(entities);
    await post(`${session}/commands`, {
      commands: [{ type: 'RecordTurn', ...turn, extracted_entities: entities }],
    });
    expect((await lastEvent(session))['extracted_entities']).toEqual(entities);
  });
});

describe('an id', () => {
  test('in upper case is the same id', async () => {
    const session = await app.start();
    const body = { ...turn, turn_id: randomUUID() };
    const first = await post(`${session}/turns`, body);
    const again = await post(`${session}/turns`, { ...body, turn_id: body.turn_id.toUpperCase() });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  test('as an Idempotency-Key does not make one command the repetition of another', async () => {
    const session = await app.start();
    const key = { 'idempotency-key': randomUUID() };
    await post(`${session}/goals`, { goal: 'pay', step: 'verify' }, key);
    const other = await app.call('PATCH', `/v1/sessions/${session}/goals/pay`, { step: 'verify' }, key);
    expect(other).toMatchObject({ status: 422 });
  });
});
