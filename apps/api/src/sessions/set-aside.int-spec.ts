import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sessionStream } from '#sessions';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let app: TestApp;
let id: string;
const newer = { event_id: '', type: 'GoalSet', data: { goal: 'pay' }, metadata: { schema_version: 99 } };

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(async () => {
  id = await app.start();
  newer.event_id = randomUUID();
  await app.store.append(sessionStream(id), [app.store.codec.encode(newer)], 0);
});

/** The problem of answers that depend on the event. */
const problem = () => ({
  status: 503,
  body: {
    type: 'https://turnstream.dev/problems/session_set_aside',
    revision: 1,
    event_id: newer.event_id,
    event_type: 'GoalSet',
    reason: 'newer_schema_version',
  },
});

describe('a session with an event of a newer version', () => {
  test.each(['context?min_revision=1', 'context?explain=1'])(
    'GET …/%s answers session_set_aside',
    async (path) => {
      const answer = await app.call('GET', `/v1/sessions/${id}/${path}`);
      expect(answer).toMatchObject(problem());
      expect(answer.headers.get('retry-after')).toBe('60');
    },
  );

  test('refuses a command and appends nothing', async () => {
    expect(await app.call('PUT', `/v1/sessions/${id}/flags/vip`, {})).toMatchObject(problem());
    const { body } = await app.call('GET', `/v1/sessions/${id}/events`);
    expect(body['events']).toHaveLength(2);
  });

  test('lets its partner start another session, with the memory from before', async () => {
    const partner_id = randomUUID();
    const last = await app.start({ partner_id, language: 'ta' });
    const event = { ...newer, event_id: randomUUID() };
    await app.store.append(sessionStream(last), [app.store.codec.encode(event)], 0);
    const { body } = await app.call('GET', `/v1/sessions/${await app.start({ partner_id })}/context`);
    expect(body).toMatchObject({ session: { previous_session_id: last } });
  });

  test('shows its events as they were written', async () => {
    const { body } = await app.call('GET', `/v1/sessions/${id}/events?from_revision=1`);
    expect(body).toMatchObject({ events: [{ event_id: newer.event_id, data: { goal: 'pay' } }] });
  });
});

test('a partner’s memory of a newer version refuses a session and is not overwritten', async () => {
  const partner_id = randomUUID();
  const stream = `partner-${partner_id}`;
  const event = { ...newer, event_id: randomUUID(), type: 'PartnerRemembered' };
  await app.store.append(stream, [app.store.codec.encode(event)], -1);
  const body = { partner_id, channel: 'whatsapp', language: 'hi' };
  expect(await app.call('POST', '/v1/sessions', body)).toMatchObject({
    status: 503,
    body: {
      type: 'https://turnstream.dev/problems/session_set_aside',
      event_type: 'PartnerRemembered',
      reason: 'newer_schema_version',
    },
  });
  expect((await app.store.readLast(stream))?.id).toBe(event.event_id);
});
