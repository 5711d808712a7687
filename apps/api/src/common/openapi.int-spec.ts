import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const get = (path: string, headers?: Record<string, string>): Promise<Answer> =>
  app.call('GET', path, undefined, headers);

describe('the OpenAPI document', () => {
  test('is made once, not for each request', async () => {
    await get('/openapi.json');
    const stringify = jest.spyOn(JSON, 'stringify');
    const { status, headers } = await get('/openapi.json');
    const made = stringify.mock.calls.filter(([value]) => Object.hasOwn(Object(value) as object, 'openapi'));
    stringify.mockRestore();
    expect([status, headers.get('content-type'), made.length]).toEqual([200, 'application/json', 0]);
  });

  test('is not served as YAML, which would be made for each request', async () => {
    expect(await get('/docs-yaml')).toMatchObject({ status: 404 });
  });

  test('has version 3.1 and every route with its errors', async () => {
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
      '401',
      '403',
      '404',
      '408',
      '409',
      '412',
      '413',
      '414',
      '415',
      '421',
      '422',
      '429',
      '431',
      '500',
      '503',
    ]);
    expect(JSON.stringify(responses['412'])).toContain('retry_safe');
  });

  test('has 429 and 503 with Retry-After for every route', async () => {
    const { body } = await get('/openapi.json');
    interface Response {
      readonly $ref?: string;
      readonly headers?: object;
    }
    const { responses: common } = body['components'] as { responses: Record<string, Response> };
    const headersOf = ({ $ref = '', headers = {} }: Response = {}): object =>
      common[$ref.replace('#/components/responses/', '')]?.headers ?? headers;
    type Operations = Record<string, { responses: Record<string, Response> }>;
    const paths = body['paths'] as Record<string, Operations>;
    const routes = Object.values(paths).flatMap((methods) => Object.values(methods));
    const documented = routes.filter(({ responses }) =>
      ['429', '503'].every((status) => 'Retry-After' in headersOf(responses[status])),
    );
    expect(documented).toHaveLength(routes.length);
  });

  test('has 403 for foreign pages and 421 for foreign names for every route', async () => {
    const { body } = await get('/openapi.json');
    const paths = body['paths'] as Record<string, Record<string, { responses: Record<string, unknown> }>>;
    const routes = Object.values(paths).flatMap((methods) => Object.values(methods));
    const documents = ({ responses }: (typeof routes)[number], status: string, code: string): boolean =>
      JSON.stringify(responses[status]).includes(code);
    expect(routes.filter((route) => !documents(route, '403', 'origin_not_allowed'))).toEqual([]);
    expect(routes.filter((route) => !documents(route, '421', 'host_not_allowed'))).toEqual([]);
  });

  test('says that the ids in a path are UUIDs', async () => {
    const { body } = await get('/openapi.json');
    const text = JSON.stringify(body);
    const ids =
      text.match(/\{"name":"(?!partner|correlation)\w+_id","required":true,"in":"path"[^}]*\}/g) ?? [];
    expect(ids.length).toBeGreaterThan(10);
    expect(ids.filter((id) => !id.includes('"format":"uuid"'))).toEqual([]);
  });

  test('is served by Swagger UI', async () => {
    const response = await fetch(`${app.url}/docs`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('swagger-ui');
  });
});
