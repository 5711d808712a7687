import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sessionStream } from '#sessions';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let app: TestApp;
let id: string;
beforeAll(async () => {
  app = await startTestApp();
  id = await app.start();
  await app.call('POST', `/v1/sessions/${id}/goals`, { goal: 'pay', step: 'one' }, { 'agent-id': 'bot-7' });
  await app.call('PUT', `/v1/sessions/${id}/flags/vip`, {});
  const shipped = { order_id: 'ORD1', status: 'shipped' };
  const update = { system: 'orders', kind: 'order_updated', source_event_id: 'e-1', reference: 'ORD1' };
  await app.call('POST', `/v1/sessions/${id}/external-updates`, { ...update, data: shipped });
  await app.call('PATCH', `/v1/sessions/${id}/goals/pay`, { step: 'two' });
});
afterAll(() => app.close());

const get = (path: string, of = id, headers?: Record<string, string>): Promise<Answer> =>
  app.call('GET', `/v1/sessions/${of}/context${path}`, undefined, headers);
const problem = (code: string): object => ({ type: `https://turnstream.dev/problems/${code}` });

/** When the store stored an event of the session. */
async function createdAt(revision: number): Promise<Date> {
  const [event] = await Array.fromAsync(app.store.read(sessionStream(id), { from: revision, limit: 1 }));
  return event?.created ?? new Date(Number.NaN);
}

describe('the context as it was', () => {
  test('at a revision has nothing of later events', async () => {
    const answer = await get('?at_revision=1');
    expect(answer).toMatchObject({ status: 200, body: { revision: 1, goal_state: { step: 'one' } } });
    expect(answer.body['conversation_flags']).not.toHaveProperty('vip');
    expect(answer.headers.get('etag')).toBe('"1"');
  });

  test('at a time has the events stored by then', async () => {
    const at = await createdAt(2);
    const next = await createdAt(3);
    const revision = next > at ? 2 : 3;
    expect(await get(`?at=${at.toISOString()}`)).toMatchObject({ status: 200, body: { revision } });
    expect(await get('?at=2999-01-01')).toMatchObject({ status: 200, body: { revision: 4 } });
  });

  test('is not sent again at the revision of If-None-Match', async () => {
    expect(await get('?at_revision=1', id, { 'if-none-match': '"1"' })).toMatchObject({ status: 304 });
  });

  test('is explained by the events up to there', async () => {
    const { body } = await get('?at_revision=3&explain=1');
    expect(body).toMatchObject({
      revision: 3,
      explained: {
        'goal_state.step': { revision: 1, actor: { role: 'agent', id: 'bot-7' }, system: null },
        'external.0': { revision: 3, type: 'ExternalUpdateRecorded', system: 'orders', set_by: 'orders' },
      },
    });
  });

  test.each([
    'at_revision=-1',
    'at_revision=x',
    'at=yesterday',
    'at_revision=1&at=2026-01-01',
    'at_revision=1&min_revision=1',
    'at=2026-01-01&min_revision=1',
  ])('is refused with %s', async (query) => {
    expect(await get(`?${query}`)).toMatchObject({ status: 400, body: problem('validation_failed') });
  });

  test('beyond the end of the session is refused with the current revision', async () => {
    const answer = await get('?at_revision=9');
    expect(answer).toMatchObject({
      status: 412,
      body: { ...problem('wrong_expected_revision'), expected_revision: 9, current_revision: 4 },
    });
  });

  test('is not found before the session began', async () => {
    const began_at = (await createdAt(0)).toISOString();
    expect(await get('?at=2020-01-01')).toMatchObject({
      status: 404,
      body: { ...problem('not_found'), began_at, detail: expect.stringContaining('began at') },
    });
    expect(await get('?at_revision=0', randomUUID())).toMatchObject({ status: 404 });
  });

  test('is gone with its events', async () => {
    const other = await app.start();
    await app.call('PUT', `/v1/sessions/${other}/flags/vip`, {});
    await app.store.truncateStream(sessionStream(other), 1);
    expect(await get('?at_revision=1', other)).toMatchObject({
      status: 410,
      body: { ...problem('history_gone'), first_revision: 1 },
    });
    await app.store.deleteStream(sessionStream(other));
    expect(await get('?at=2999-01-01', other)).toMatchObject({ status: 410, body: problem('history_gone') });
  });

  test('is available for a set-aside session before the unreadable event', async () => {
    const other = await app.start();
    const event = { event_id: randomUUID(), type: 'GoalSet', data: {}, metadata: { schema_version: 99 } };
    await app.store.append(sessionStream(other), [app.store.codec.encode(event)], 0);
    expect(await get('?at_revision=0', other)).toMatchObject({ status: 200, body: { revision: 0 } });
    expect(await get('?at_revision=1', other)).toMatchObject({
      status: 503,
      body: { ...problem('session_set_aside'), revision: 1, reason: 'newer_schema_version' },
    });
  });
});

describe('the difference of two contexts', () => {
  test('names each field, its values and the event that changed it', async () => {
    const { status, body } = await get('/diff?from=1&to=4');
    expect([status, body['from'], body['to']]).toEqual([200, 1, 4]);
    expect(body['changes']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          path: '/goal_state/step',
          before: 'one',
          after: 'two',
          event: expect.objectContaining({ type: 'GoalAdvanced', revision: 4 }),
        }),
        expect.objectContaining({
          path: '/conversation_flags/vip',
          after: true,
          event: expect.objectContaining({ type: 'FlagRaised', revision: 2 }),
        }),
        expect.objectContaining({
          path: '/external',
          event: expect.objectContaining({ revision: 3, system: 'orders' }),
        }),
      ]),
    );
  });

  test('covers the whole session without bounds, and is empty between equal points', async () => {
    expect((await get('/diff')).body).toMatchObject({ from: -1, to: 4 });
    expect((await get('/diff?from=2&to=2')).body).toMatchObject({ from: 2, to: 2, changes: [] });
  });

  test('goes by times, too', async () => {
    const answer = await get(`/diff?from_at=${(await createdAt(0)).toISOString()}&to_at=2999-01-01`);
    expect(answer).toMatchObject({ status: 200, body: { to: 4 } });
  });

  test.each(['from=3&to=1', 'from=1&from_at=2026-01-01', 'to=1&to_at=2026-01-01', 'from=3&to_at=2020-01-01'])(
    'is refused with %s',
    async (query) => {
      expect(await get(`/diff?${query}`)).toMatchObject({ status: 400, body: problem('validation_failed') });
    },
  );

  test('beyond the end of the session is refused with the current revision', async () => {
    expect(await get('/diff?from=9')).toMatchObject({ status: 412, body: { current_revision: 4 } });
    expect(await get('/diff?to=9')).toMatchObject({ status: 412, body: { current_revision: 4 } });
  });
});
