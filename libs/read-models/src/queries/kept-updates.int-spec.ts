import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { countRows, eraseRows } from '../erasure/rows.ts';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase } from '../test-support.ts';
import { keptUpdatesOf } from './kept-updates.ts';
import { rememberOwners } from './reference-owners.ts';

let database: TestDatabase;
let partner: string;
let order: string;

beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(async () => {
  partner = `P-${randomUUID()}`;
  order = await ownedBy(partner);
});
afterAll(() => database.drop());

const now = Date.now();
const at = (ms: number): string => new Date(now + ms).toISOString();

async function ownedBy(partner_id: string, kind = 'order'): Promise<string> {
  const reference = `O-${randomUUID()}`;
  await rememberOwners(database.pool, [{ kind, reference, partner_id, named_at: at(-1_000) }]);
  return reference;
}

/** Keeps an update that names no partner with an id; returns its id. */
async function kept(references: Readonly<Record<string, string>>, received_at = at(-500)): Promise<string> {
  const { rows } = await database.pool.query<{ id: string }>(
    `INSERT INTO kept_update (identity, partner_id, kept_until, content)
     VALUES ($1, NULL, now() + interval '1 day', '{}') RETURNING id`,
    [randomBytes(32)],
  );
  const id = rows[0]?.id ?? '';
  for (const [kind, reference] of Object.entries(references))
    await database.pool.query(
      `INSERT INTO kept_update_reference (kind, reference, ordered_at, received_at, update_id)
       VALUES ($1, $2, $3, $3, $4)`,
      [kind, reference, received_at, id],
    );
  return id;
}
async function isKept(id: string): Promise<boolean> {
  return (await database.pool.query('SELECT FROM kept_update WHERE id = $1', [id])).rowCount === 1;
}
const listed = async (): Promise<string[]> =>
  (await keptUpdatesOf(database.pool, partner, '0', 100)).map(({ id }) => id);
const erased = (): Parameters<typeof eraseRows>[1] => ({
  partner_id: partner,
  before: at(0),
  session_ids: [],
});
const left = async (): Promise<number | undefined> =>
  (await countRows(database.pool, erased())).find(({ table }) => table === 'kept_update')?.left;

test('an update that names only an order of the partner is listed, counted and erased', async () => {
  const id = await kept({ order, shipment: `S-${randomUUID()}` });
  expect([await listed(), await left()]).toEqual([[id], 1]);
  await eraseRows(database.pool, erased());
  expect([await isKept(id), await listed(), await left()]).toEqual([false, [], 0]);
});

test('an update about things of several partners is nobody’s', async () => {
  const id = await kept({ order, payout: await ownedBy('other', 'payout') });
  expect([await listed(), await left()]).toEqual([[], 0]);
  await eraseRows(database.pool, erased());
  expect(await isKept(id)).toBe(true);
});

test('an update that names somebody else with an order of the partner is not the partner’s', async () => {
  const id = await kept({ order, partner: 'blind index of a telephone number' });
  expect([await listed(), await left()]).toEqual([[], 0]);
  await eraseRows(database.pool, erased());
  expect(await isKept(id)).toBe(true);
});

test('an update that arrived after the erasure stays', async () => {
  const id = await kept({ order }, at(500));
  await eraseRows(database.pool, erased());
  expect(await isKept(id)).toBe(true);
});
