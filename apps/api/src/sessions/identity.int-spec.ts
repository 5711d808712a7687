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
const update = { system: 'orders', kind: 'shipped', data: {}, source_event_id: 'e1' };
const turnId = randomUUID();

const post = (path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> =>
  app.call('POST', `/v1/sessions/${id}/${path}`, body, headers);

async function lastData(): Promise<Readonly<Record<string, unknown>>> {
  const { body } = await app.call('GET', `/v1/sessions/${id}/events?limit=1000`);
  return (body['events'] as { data: Record<string, unknown> }[]).at(-1)?.data ?? {};
}

describe('the ids of one request', () => {
  test.each([
    ['turn_id', { type: 'RecordTurn', ...turn, turn_id: turnId }],
    ['message_id', { type: 'RecordTurn', ...turn, message_id: 'wamid.1' }],
    ['source_event_id', { type: 'RecordExternalUpdate', ...update }],
  ])('are refused when two items have the same %s', async (field, item) => {
    const commands = [{ type: 'RaiseFlag', flag: 'vip' }, item, { ...item }];
    expect(await post('commands', { commands })).toMatchObject({
      status: 400,
      body: { errors: [{ field: `commands[2].${field}`, message: 'is the same as in commands[1]' }] },
    });
  });

  test('are refused when two turns have the same id in different case', async () => {
    const commands = [turnId, turnId.toUpperCase()].map((turn_id) => ({
      type: 'RecordTurn',
      ...turn,
      turn_id,
    }));
    expect(await post('commands', { commands })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'commands[1].turn_id' }] },
    });
  });

  test('may be message ids that differ in case only', async () => {
    const commands = ['wamid.a', 'wamid.A'].map((message_id) => ({
      type: 'RecordTurn',
      ...turn,
      message_id,
    }));
    expect(await post('commands', { commands })).toMatchObject({ status: 200, body: { events: [{}, {}] } });
  });
});

describe('ids of different kinds', () => {
  test('do not collide: a key and a message id with the same text give turns of their own', async () => {
    const message_id = 'm1';
    await post('turns', turn, { 'idempotency-key': `message:${message_id}` });
    const first = await lastData();
    expect(await post('turns', { ...turn, message_id })).toMatchObject({ status: 201 });
    const second = await lastData();
    expect(second).toMatchObject({ message_id });
    expect(second['turn_id']).not.toBe(first['turn_id']);
  });

  test('do not collide: a system whose name has a colon, and another one', async () => {
    const one = { ...update, system: 'a:b', source_event_id: 'c' };
    expect((await post('external-updates', one)).status).toBe(201);
    expect((await post('external-updates', { ...one, system: 'a', source_event_id: 'b:c' })).status).toBe(
      201,
    );
  });
});

describe('a key that was used for another command', () => {
  test.each<[string, string, object]>([
    ['POST', 'end', {}],
    ['DELETE', 'flags/other', {}],
    ['PUT', 'flags/other', {}],
    ['POST', 'goals', { goal: 'vip' }],
  ])('is refused for %s %s', async (method, path, body) => {
    const key = { 'idempotency-key': randomUUID() };
    await app.call('PUT', `/v1/sessions/${id}/flags/vip`, { value: key['idempotency-key'] }, key);
    const answer = await app.call(
      method,
      `/v1/sessions/${id}/${path}`,
      method === 'DELETE' ? undefined : body,
      key,
    );
    expect(answer).toMatchObject({ status: 422 });
  });
});

describe('a goal', () => {
  test.each([
    ['64 letters', 'g'.repeat(64)],
    ['letters, digits and marks', 'Pay.2-bank:a_b'],
  ])('of %s is set and updated by its name', async (_, goal) => {
    const path = `/v1/sessions/${id}/goals`;
    const set = await app.call('POST', path, { goal });
    const updated = await app.call('PATCH', `${path}/${encodeURIComponent(goal)}`, { status: 'completed' });
    expect([set.status, updated.status]).toEqual([200, 200]);
  });

  test.each([
    ['65 emoji', '🎯'.repeat(65)],
    ['65 letters', 'g'.repeat(65)],
  ])('of %s is neither set nor updated', async (_, goal) => {
    const path = `/v1/sessions/${id}/goals`;
    const answers = [
      await app.call('POST', path, { goal }),
      await app.call('PATCH', `${path}/${encodeURIComponent(goal)}`, { status: 'completed' }),
      await post('commands', { commands: [{ type: 'UpdateGoal', goal, status: 'completed' }] }),
    ];
    expect(answers).toMatchObject(answers.map(() => ({ status: 400 })));
  });
});

describe('a name', () => {
  test.each<[string, object]>([
    ['goals', { goal: 'pay 9876543210' }],
    ['goals', { goal: 'भुगतान' }],
    ['turns', { sender: 'user', message_text: 'hi', parsed_intent: 'call me on 9876543210' }],
    ['turns', { sender: 'bot', message_text: 'hi', bot_action: 'ask a@b.in' }],
    ['flags', {}],
  ])('of %s that says more than a name is refused: %j', async (path, body) => {
    const answer =
      path === 'flags'
        ? await app.call('PUT', `/v1/sessions/${id}/flags/${encodeURIComponent('a b')}`, body)
        : await app.call('POST', `/v1/sessions/${id}/${path}`, body);
    expect(answer).toMatchObject({ status: 400 });
  });

  test('of an older goal is still accepted', async () => {
    const path = `/v1/sessions/${id}/goals/${encodeURIComponent('pay the bill')}`;
    const answer = await app.call('PATCH', path, { status: 'completed' });
    expect(answer).toMatchObject({ status: 409, body: { reason: 'goal_not_set' } });
  });
});

describe('a partner whose id', () => {
  test.each(['9876543210', '919876543210', '91-98765-43210', 'tel:09876543210', 'asha@example.in'])(
    'is personal starts no session: %s',
    async (partner_id) => {
      const body = { channel: 'whatsapp', partner_id };
      const answers = [
        await app.call('POST', '/v1/sessions', body),
        await app.call('POST', `/v1/partners/${encodeURIComponent(partner_id)}/session`, {
          channel: 'whatsapp',
        }),
      ];
      expect(answers).toMatchObject(
        answers.map(() => ({ status: 400, body: { errors: [{ field: 'partner_id' }] } })),
      );
    },
  );

  test.each(['P7689', '1000000001', '123456', 'fleet-9:98765'])(
    'is not personal is accepted: %s',
    async (partner_id) => {
      expect(await app.call('POST', '/v1/sessions', { channel: 'whatsapp', partner_id })).toMatchObject({
        status: 201,
      });
    },
  );
});
