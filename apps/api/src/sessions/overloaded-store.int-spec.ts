import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let app: TestApp;
/** A second append beside another one exceeds the limit. */
beforeAll(async () => {
  app = await startTestApp({ appendBytesInFlight: 1 });
});
afterAll(() => app.close());

function start(): Promise<Answer> {
  const body = { partner_id: `P-${randomUUID()}`, channel: 'whatsapp', language: 'hi' };
  return app.call('POST', '/v1/sessions', body, { 'idempotency-key': randomUUID() });
}

test('commands beyond the bytes in flight are refused with 503 and Retry-After, and later ones are accepted', async () => {
  const answers: Answer[] = [];
  const areRefused = async (): Promise<boolean> => {
    answers.push(...(await Promise.all(Array.from({ length: 20 }, start))));
    return answers.some(({ status }) => status !== 201);
  };
  await waitUntil(areRefused, { what: 'refusals' });
  const refused = answers.filter(({ status }) => status !== 201);
  for (const { status, headers, body } of refused)
    expect([status, headers.get('retry-after'), body['type']]).toEqual([
      503,
      '1',
      'https://turnstream.dev/problems/overloaded',
    ]);
  expect((await start()).status).toBe(201);
});
