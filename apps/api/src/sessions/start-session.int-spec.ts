import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let first: TestApp;
let second: TestApp;
beforeAll(async () => {
  first = await startTestApp();
  second = await startTestApp();
});
afterAll(() => Promise.all([first.close(), second.close()]));

test('starting a session does not read the stream of the partner’s previous, uncached one', async () => {
  const partner_id = `P-${randomUUID()}`;
  const previous = await first.start({ partner_id, language: 'hi' });
  await first.call('POST', `/v1/sessions/${previous}/goals`, { goal: 'resolve_payment' });
  await first.call('POST', `/v1/sessions/${previous}/end`, {});
  const read = jest.spyOn(second.store, 'read');
  const id = await second.start({ partner_id, language: undefined });
  expect(read.mock.calls.map(([stream]) => stream)).not.toContain(`session-${previous}`);
  const { body } = await second.call('GET', `/v1/sessions/${id}/context`);
  expect(body).toMatchObject({
    session: { previous_session_id: previous },
    goal_state: { stack: [{ goal: 'resolve_payment' }] },
    short_term_memory: { preferred_language: 'hi' },
  });
});
