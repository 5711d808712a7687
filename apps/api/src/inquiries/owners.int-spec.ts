import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { InquiryKind } from '#domain';
import { loadConfig } from '#platform';
import { rememberOwners } from '#read-models';
import { inquiries } from '../common/declared.ts';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';
import { Owners } from './owners.ts';

let app: TestApp;
let indifferent: TestApp;
let alone: TestApp;
beforeAll(async () => {
  [app, indifferent, alone] = await Promise.all([
    startTestApp(),
    startTestApp({ foreignReferences: 'allow' }),
    startTestApp({ databaseUrl: 'postgresql://turnstream:none@127.0.0.1:1/turnstream' }),
  ]);
});
afterAll(() => Promise.all([app.close(), indifferent.close(), alone.close()]));

const ask = (at: TestApp, id: string, subject: object, headers?: Record<string, string>): Promise<Answer> => {
  const kind = 'payout_id' in subject ? 'payout_status' : 'order_status';
  return at.call('POST', `/v1/sessions/${id}/inquiries`, { kind, subject }, headers);
};
/** A new order or payout that an event has named with a partner. */
async function named(kind: string, partner_id: string): Promise<string> {
  const reference = `R-${randomUUID()}`;
  await rememberOwners(app.pool, [{ kind, reference, partner_id, named_at: '2026-11-24T08:00:00.000Z' }]);
  return reference;
}

describe('a question about a reference of another partner', () => {
  test.each([
    ['order', 'order_id'],
    ['payout', 'payout_id'],
  ])('is refused for an %s', async (kind, field) => {
    const id = await app.start();
    const { status, body } = await ask(app, id, { [field]: await named(kind, 'P-other') });
    expect(status).toBe(403);
    expect(body).toMatchObject({ type: 'https://turnstream.dev/problems/foreign_reference' });
    expect((await app.call('GET', `/v1/sessions/${id}`)).body).toMatchObject({ revision: 0 });
  });

  test('is accepted when the operator allows it', async () => {
    const subject = { order_id: await named('order', 'P-other') };
    expect((await ask(indifferent, await indifferent.start(), subject)).status).toBe(202);
  });

  test('gets its first answer when it was asked before the event', async () => {
    const id = await app.start();
    const order_id = `R-${randomUUID()}`;
    const key = { 'idempotency-key': 'a' };
    const first = await ask(app, id, { order_id }, key);
    const owner = { kind: 'order', reference: order_id, partner_id: 'P-other' };
    await rememberOwners(app.pool, [{ ...owner, named_at: '2026-11-24T08:00:00.000Z' }]);
    expect((await ask(app, id, { order_id }, key)).body).toEqual(first.body);
  });
});

test('the owners of a question are the partner that it names and those that events have named', async () => {
  const owners = new Owners(app.pool, new PostgresBreaker(), loadConfig(process.env));
  const declared = {
    ...inquiries['order_status'],
    about: { order: 'parcel', partner: 'rider' },
  } as InquiryKind;
  const parcel = await named('order', 'P-other');
  expect(await owners.of({ declared, subject: { rider: 'P-rider' } })).toEqual(['P-rider']);
  expect(await owners.of({ declared, subject: { rider: 'P-rider', parcel } })).toEqual([
    'P-rider',
    'P-other',
  ]);
});

test('a question about a reference of the same partner is accepted', async () => {
  const partner_id = `P-${randomUUID()}`;
  const id = await app.start({ partner_id });
  expect((await ask(app, id, { order_id: await named('order', partner_id) })).status).toBe(202);
});

test('no question is accepted while the owner of the order cannot be looked up', async () => {
  const { status, body } = await ask(alone, await alone.start(), { order_id: 'ORD1' });
  expect(status).toBe(503);
  expect(body).toMatchObject({ type: 'https://turnstream.dev/problems/engine_unavailable' });
});
