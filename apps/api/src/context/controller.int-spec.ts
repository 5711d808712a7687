import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const get = (path: string, headers?: Record<string, string>): Promise<Answer> =>
  app.call('GET', path, undefined, headers);

describe('the context', () => {
  test('has its revision as ETag', async () => {
    const id = await app.start();
    const answer = await get(`/v1/sessions/${id}/context?min_revision=0`);
    expect(answer).toMatchObject({ status: 200, body: { revision: 0 } });
    expect(answer.headers.get('etag')).toBe('"0"');
    expect(answer.headers.get('content-type')).toContain('application/json');
  });

  test.each(['min_revision=0', 'explain=1'])(
    'is not sent again at the revision of If-None-Match: %s',
    async (query) => {
      const id = await app.start();
      const path = `/v1/sessions/${id}/context?${query}`;
      const same = await get(path, { 'if-none-match': '"0"' });
      expect(same).toMatchObject({ status: 304, body: {} });
      expect(same.headers.get('etag')).toBe('"0"');
      expect(await get(path, { 'if-none-match': '"1"' })).toMatchObject({ status: 200 });
    },
  );

  test.each(['0', '"a"', '"1", "2"', ''])('is refused with If-None-Match: %s', async (tag) => {
    const id = await app.start();
    expect(await get(`/v1/sessions/${id}/context`, { 'if-none-match': tag })).toMatchObject({
      status: 400,
      body: { type: expect.stringContaining('malformed_precondition') },
    });
  });

  test('is folded up to min_revision', async () => {
    const id = await app.start();
    await app.call('PUT', `/v1/sessions/${id}/flags/vip`, {});
    const { body } = await get(`/v1/sessions/${id}/context?min_revision=1`);
    expect(body).toMatchObject({ revision: 1, conversation_flags: { vip: true } });
  });

  test('does not go back for a reader who has seen it folded while the projector lags', async () => {
    const id = await app.start();
    const path = `/v1/sessions/${id}/context`;
    await get(path);
    const stored = (): Promise<string | null> => app.redis.hget(`ctx:{${id}}`, 'revision');
    await waitUntil(async () => (await stored()) === '0', { what: 'the context in Redis' });
    await app.call('PUT', `/v1/sessions/${id}/flags/vip`, {});
    expect(await get(`${path}?min_revision=1`)).toMatchObject({ body: { revision: 1 } });
    expect(await get(path)).toMatchObject({ body: { revision: 1, conversation_flags: { vip: true } } });
    expect(await stored()).toBe('0');
  });

  test.each(['min_revision=9', 'min_revision=9&explain=1'])(
    'answers 412 before that revision exists: %s',
    async (query) => {
      const id = await app.start();
      const answer = await get(`/v1/sessions/${id}/context?${query}`);
      expect(answer).toMatchObject({ status: 412, body: { expected_revision: 9, current_revision: 0 } });
      expect(answer.headers.get('etag')).toBe('"0"');
    },
  );

  test.each([
    'min_revision=-1',
    'min_revision=',
    'min_revision=1e1',
    'min_revision=100000000000000000000',
    'min_revision=1.5',
    'min_revision=1&min_revision=2',
    'explain=true',
    'color=red',
  ])('refuses the query %s', async (query) => {
    const id = await app.start();
    expect(await get(`/v1/sessions/${id}/context?${query}`)).toMatchObject({ status: 400 });
  });

  test('says with explain=1 which event set a field', async () => {
    const id = await app.start();
    await app.call('PUT', `/v1/sessions/${id}/flags/vip`, {}, { 'agent-id': 'bot-7' });
    const { body } = await get(`/v1/sessions/${id}/context?explain=1`);
    expect(body).toMatchObject({
      revision: 1,
      explained: { 'conversation_flags.vip': { type: 'FlagRaised', revision: 1, set_by: 'bot-7' } },
    });
  });

  test('says with explain=1 that the author of an event without an actor is unknown', async () => {
    const id = await app.start();
    const event = {
      contentType: 'application/json',
      id: randomUUID(),
      type: 'FlagRaised',
      data: { flag: 'vip', value: true },
      metadata: {
        schema_version: 1,
        occurred_at: new Date().toISOString(),
        actor: null,
        $correlationId: null,
      },
    } as const;
    await app.store.append(`session-${id}`, [event], 0);
    expect(await get(`/v1/sessions/${id}/context?explain=1`)).toMatchObject({
      status: 200,
      body: { explained: { 'conversation_flags.vip': { set_by: 'unknown' } } },
    });
  });
});
