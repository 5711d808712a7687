import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase } from '../test-support.ts';
import type { NamedOwner } from './reference-owners.ts';
import { forgetOwners, ownersOf, rememberOwners } from './reference-owners.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());
beforeEach(() => database.pool.query('TRUNCATE reference_owner'));

const order = { kind: 'order', reference: 'ORD1' };
const named = (partner_id: string, second: number, more: Partial<NamedOwner> = {}): NamedOwner => ({
  ...order,
  partner_id,
  named_at: `2026-11-24T08:00:0${second}.000Z`,
  ...more,
});
const owners = async (): Promise<string[]> =>
  (await ownersOf(database.pool, [order])).map(({ partner_id }) => partner_id);

describe('the owner of an order', () => {
  test('is unknown before an event names one', async () => {
    expect(await owners()).toEqual([]);
  });

  test('is the partner whom an event named', async () => {
    await rememberOwners(database.pool, [named('P1', 1)]);
    expect(await owners()).toEqual(['P1']);
  });

  test.each([
    ['together', [[named('P1', 1), named('P2', 2)]]],
    ['in sequence', [[named('P1', 1)], [named('P2', 2)]]],
    ['late', [[named('P2', 2)], [named('P1', 1)]]],
    ['at the same time', [[named('P2', 1)], [named('P1', 1)]]],
  ])('is the partner named by the latest of several events that come %s', async (_, batches) => {
    for (const batch of batches) await rememberOwners(database.pool, batch);
    expect(await owners()).toEqual(['P2']);
  });

  test.each([
    [89, ['P1']],
    [91, []],
  ])('is known %i days after the last event that named it', async (days, expected) => {
    const named_at = new Date(Date.now() - days * 86_400_000).toISOString();
    await rememberOwners(database.pool, [named('P1', 1, { named_at })]);
    expect(await forgetOwners(database.pool, 90)).toBe(false);
    expect(await owners()).toEqual(expected);
  });

  test('is independent of a payout with the same id', async () => {
    await rememberOwners(database.pool, [named('P1', 1, { kind: 'payout' })]);
    expect(await owners()).toEqual([]);
  });
});

test('each of several references has its owner', async () => {
  const other = { kind: 'payout', reference: 'PAY1' };
  await rememberOwners(database.pool, [named('P1', 1), named('P2', 1, other)]);
  const found = await ownersOf(database.pool, [order, other, { kind: 'order', reference: 'ORD2' }]);
  expect(found).toHaveLength(2);
  expect(found).toEqual(
    expect.arrayContaining([
      { ...order, partner_id: 'P1' },
      { ...other, partner_id: 'P2' },
    ]),
  );
});

test('a reference that PostgreSQL cannot hold has no owner', async () => {
  await rememberOwners(database.pool, [named('P1', 1, { reference: 'O\0' }), named('P\0', 1)]);
  expect(await ownersOf(database.pool, [{ kind: 'order', reference: 'O\0' }, order])).toEqual([]);
});
