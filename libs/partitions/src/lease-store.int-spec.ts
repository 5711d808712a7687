import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { projectionLag, PartitionLeaseStore } from './lease-store.ts';
import type { TestDatabase } from '../../read-models/src/test-support.ts';
import { createDatabase } from '../../read-models/src/test-support.ts';

let database: TestDatabase;
const instance = (name: string): PartitionLeaseStore => new PartitionLeaseStore(database.pool, name, 60_000);

/** Makes everything in the database so many seconds older. */
async function pass(seconds: number): Promise<void> {
  await database.pool.query("UPDATE projection_slot SET lease_until = lease_until - $1 * interval '1 s'", [
    seconds,
  ]);
  await database.pool.query("UPDATE projection_instance SET seen_at = seen_at - $1 * interval '1 s'", [
    seconds,
  ]);
}

beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(() => database.pool.query('TRUNCATE projection_slot, projection_instance'));
afterAll(() => database.drop());

describe('leases', () => {
  test('nobody else takes a slot that is held; each taking raises the epoch', async () => {
    const [a, b] = [instance('a'), instance('b')];
    await a.ensure(4);
    const held = await a.claim(3, []);
    expect(held.map((lease) => [lease.slot, lease.epoch, lease.position])).toEqual([
      [0, 1n, null],
      [1, 1n, null],
      [2, 1n, null],
    ]);
    const others = await b.claim(4, []);
    expect(others.map((lease) => lease.slot)).toEqual([3]);
    await a.release(held.slice(0, 1));
    expect((await b.claim(4, others)).map((lease) => [lease.slot, lease.epoch])).toEqual([[0, 2n]]);
    expect(new Set(await a.renew(held, []))).toEqual(new Set([1, 2]));
    await a.release(held);
    expect((await projectionLag(database.pool)).map((slot) => slot.owner)).toEqual(['b', null, null, 'b']);
  });

  test('one that is not renewed is taken over; the late owner does not get it back by renewing', async () => {
    const [a, b] = [instance('a'), instance('b')];
    await a.ensure(1);
    const held = await a.claim(1, []);
    await pass(40);
    expect(await a.renew(held, [])).toEqual([0]);
    await pass(40);
    expect(await b.claim(1, [])).toEqual([]);
    await pass(40);
    expect(await b.claim(1, [])).toMatchObject([{ slot: 0, epoch: 2n }]);
    expect(await a.renew(held, [])).toEqual([]);
  });

  test('an instance that starts again takes its own slots at once, with a new epoch', async () => {
    await instance('a').ensure(2);
    await instance('a').claim(2, []);
    expect(await instance('a').claim(2, [])).toMatchObject([{ epoch: 2n }, { epoch: 2n }]);
  });

  test('two that claim at the same time share without waiting for one another', async () => {
    await instance('a').ensure(16);
    const names = ['a', 'b', 'c', 'd'];
    const taken = await Promise.all(names.map((name) => instance(name).claim(4, [])));
    const slots = taken.flat().map((lease) => lease.slot);
    expect(new Set(slots).size).toBe(slots.length);
  });
});

describe('shares', () => {
  test('follow the instances that live', async () => {
    const [a, b] = [instance('a'), instance('b')];
    await a.ensure(4);
    expect(await a.heartbeat()).toBe(4);
    expect(await b.heartbeat()).toBe(2);
    expect(await a.heartbeat()).toBe(2);
    await b.leave();
    expect(await a.heartbeat()).toBe(4);
    await b.heartbeat();
    await pass(70);
    expect(await a.heartbeat()).toBe(4);
  });
});

describe('cutting anew', () => {
  test('keeps every position, fences who holds a slot, and does nothing when the number is the same', async () => {
    const a = instance('a');
    await a.ensure(4);
    const held = await a.claim(4, []);
    await database.pool.query('UPDATE projection_slot SET position = 100 + slot');
    await a.ensure(4);
    expect(await a.renew(held, [])).toHaveLength(4);
    await instance('b').ensure(2);
    expect(await a.renew(held, [])).toEqual([]);
    const cut = await instance('b').claim(4, []);
    expect(cut.map((lease) => [lease.slot, lease.position, lease.prefixes.length])).toEqual([
      [0, 100n, 8],
      [1, 102n, 8],
    ]);
    for (const lease of cut) expect(lease.epoch).toBeGreaterThan(1n);
  });
});
