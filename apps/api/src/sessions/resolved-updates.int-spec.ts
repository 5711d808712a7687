import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const base = { system: 'warehouse', kind: 'moved', data: {} };
const report = (id: string, source_event_id: string, more: object): Promise<Answer> =>
  app.call('POST', `/v1/sessions/${id}/external-updates`, { ...base, source_event_id, ...more });
const context = async (id: string, revision: number): Promise<Answer['body']> =>
  (await app.call('GET', `/v1/sessions/${id}/context?min_revision=${revision}&explain=1`)).body;

describe('external updates that say when they happened and what they are about', () => {
  test('show the newest state of each order, whatever the order of arrival', async () => {
    const id = await app.start();
    const about = { references: { order: 'ORD1', tracking: 'T1' } };
    await report(id, 'e1', { ...about, status: 'delivered', occurred_at: '2026-11-24T13:40:00+05:30' });
    await report(id, 'e2', { ...about, status: 'shipped', occurred_at: '2026-11-24T08:00:00Z' });
    await report(id, 'e3', { references: { order: 'ORD2' }, status: 'lost' });
    expect(await context(id, 3)).toMatchObject({
      order_tracking: { order_id: 'ORD1', status: 'delivered', status_at: '2026-11-24T08:10:00.000Z' },
      orders: { ORD1: { tracking_id: 'T1', source: 'warehouse' }, ORD2: { status: 'lost' } },
      explained: { 'orders.ORD1.status': { revision: 1 }, 'orders.ORD2.status': { revision: 3 } },
    });
  });

  test('are refused when they name another partner', async () => {
    const { status, body } = await report(await app.start(), 'e1', { references: { partner: 'P-other' } });
    expect(status).toBe(409);
    expect(body).toMatchObject({ reason: 'foreign_partner' });
  });

  test.each([
    ['a kind that is none', { references: { parcel: 'X' } }],
    ['an id that is none', { references: { order: '' } }],
    ['no object', { references: ['ORD1'] }],
    ['a time that is none', { occurred_at: 'yesterday' }],
    ['an endless state', { status: 'x'.repeat(201) }],
  ])('are invalid with %s', async (_, more) => {
    expect((await report(await app.start(), 'e1', more)).status).toBe(400);
  });

  test('without such fields keep their identity', async () => {
    const id = await app.start();
    const first = await report(id, 'e1', { occurred_at: null, status: null, references: null });
    expect((await report(id, 'e1', { occurred_at: null, status: null, references: null })).body).toEqual(
      first.body,
    );
    const { body } = await app.call('GET', `/v1/sessions/${id}/events?from_revision=1`);
    expect(body).toMatchObject({ events: [{ data: { ...base, reference: null, source_event_id: 'e1' } }] });
  });
});
