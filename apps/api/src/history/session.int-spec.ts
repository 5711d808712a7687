import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

describe('GET /v1/sessions/:session_id', () => {
  test('answers with the session as of its last event', async () => {
    const partner_id = `P-${randomUUID()}`;
    const first = await app.start({ partner_id });
    const id = await app.start({ partner_id, channel: 'ivr' });
    await app.call('POST', `/v1/sessions/${id}/goals`, { goal: 'pay' });
    const answer = await app.call('GET', `/v1/sessions/${id}`);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        session_id: id,
        partner_id,
        channel: 'ivr',
        current_task: 'pay',
        language: 'hi',
        status: 'active',
        revision: 1,
        previous_session_id: first,
      },
    });
    expect(answer.headers.get('etag')).toBe('"1"');
    const unchanged = await app.call('GET', `/v1/sessions/${id}`, undefined, { 'if-none-match': '"1"' });
    expect(unchanged.status).toBe(304);
    await app.call('POST', `/v1/sessions/${id}/end`, {});
    expect(await app.call('GET', `/v1/sessions/${id}`)).toMatchObject({
      body: { status: 'ended', revision: 2 },
    });
  });

  test('is a 404 where there is none', async () => {
    expect(await app.call('GET', `/v1/sessions/${randomUUID()}`)).toMatchObject({ status: 404 });
  });
});
