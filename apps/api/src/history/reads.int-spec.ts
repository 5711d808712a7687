import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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
  test('is read with its revision as ETag, and not sent again to one who has it', async () => {
    const id = await app.start();
    const first = await get(`/v1/sessions/${id}/context?min_revision=0`);
    expect(first.headers.get('etag')).toBe('"0"');
    expect(first.headers.get('content-type')).toContain('application/json');
    const again = await get(`/v1/sessions/${id}/context?min_revision=0`, { 'if-none-match': '"0"' });
    expect(again).toMatchObject({ status: 304, body: {} });
  });

  test('folds what is missing up to min_revision, and says when there is no such revision', async () => {
    const id = await app.start();
    await app.call('PUT', `/v1/sessions/${id}/flags/vip`, {});
    const fresh = await get(`/v1/sessions/${id}/context?min_revision=1`);
    expect(fresh.body).toMatchObject({ revision: 1, conversation_flags: { vip: true } });
    expect(await get(`/v1/sessions/${id}/context?min_revision=9`)).toMatchObject({
      status: 412,
      body: { current_revision: 1 },
    });
  });

  test('explains each field', async () => {
    const id = await app.start();
    await app.call('PUT', `/v1/sessions/${id}/flags/vip`, {}, { 'agent-id': 'bot-7' });
    const { body } = await get(`/v1/sessions/${id}/context?explain=1`);
    expect(body).toMatchObject({
      revision: 1,
      explained: { 'conversation_flags.vip': { type: 'FlagRaised', revision: 1, set_by: 'bot-7' } },
    });
  });
});

test('events come in pages, with who caused them', async () => {
  const id = await app.start();
  const headers = { 'agent-id': 'bot-7', 'correlation-id': 'c-1', 'idempotency-key': 'k-1' };
  for (const flag of ['a', 'b', 'c'])
    await app.call('PUT', `/v1/sessions/${id}/flags/${flag}`, {}, { ...headers, 'idempotency-key': flag });
  const first = await get(`/v1/sessions/${id}/events?limit=2`);
  expect(first.body).toMatchObject({ events: [{ revision: 0 }, { revision: 1 }], next_revision: 2 });
  const second = await get(`/v1/sessions/${id}/events?from_revision=2&limit=10`);
  expect(second.body).toMatchObject({
    next_revision: null,
    events: [
      {
        type: 'FlagRaised',
        metadata: { actor: { id: 'bot-7' }, $correlationId: 'c-1', command_id: 'key:b' },
      },
      { data: { flag: 'c', value: true } },
    ],
  });
  expect((await get(`/v1/sessions/${id}/events?from_revision=9`)).body).toMatchObject({ events: [] });
});

describe('the documentation', () => {
  test('is OpenAPI 3.1, with every route, its examples and its errors', async () => {
    const { body } = await get('/openapi.json');
    expect(body).toMatchObject({ openapi: '3.1.0' });
    const paths = body['paths'] as Record<string, Record<string, { responses: Record<string, unknown> }>>;
    expect(Object.keys(paths).sort()).toEqual(
      expect.arrayContaining(['/v1/sessions', '/v1/sessions/{session_id}/turns', '/v1/turns']),
    );
    const { responses } = paths['/v1/sessions/{session_id}/turns']?.['post'] ?? { responses: {} };
    expect(Object.keys(responses).sort()).toEqual([
      '201',
      '400',
      '404',
      '409',
      '412',
      '413',
      '415',
      '422',
      '500',
      '503',
    ]);
    expect(JSON.stringify(responses['412'])).toContain('retry_safe');
  });

  test('is shown by Swagger UI', async () => {
    const response = await fetch(`${app.url}/docs`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('swagger-ui');
  });
});
