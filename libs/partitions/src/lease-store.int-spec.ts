import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { projectionLag, PartitionLeaseStore } from './lease-store.ts';
import type { Lease } from './lease-store.ts';
import type { TestDatabase } from '../../platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../platform/src/testing/test-services.ts';

let database: TestDatabase;
const instance = (name: string): PartitionLeaseStore => new PartitionLeaseStore(database.pool, name, 60_000);

/** Makes everything in the database a number of seconds older. */
async function pass(seconds: number): Promise<void> {
  await database.pool.query("UPDATE projection_slot SET lease_until = lease_until - $1 * interval '1 s'", [
    seconds,
  ]);
  await database.pool.query("UPDATE projection_instance SET seen_at = seen_at - $1 * interval '1 s'", [
    seconds,
  ]);
}

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(() => database.pool.query('TRUNCATE projection_slot, projection_instance'));
afterAll(() => database.drop());

describe('a lease', () => {
  test('keeps others from taking the partition', async () => {
    const [a, b] = [instance('a'), instance('b')];
    await a.ensure(4);
    const owned = await a.claim(3, []);
    expect(owned.map((lease) => [lease.partition, lease.epoch, lease.position])).toEqual([
      [0, 1n, null],
      [1, 1n, null],
      [2, 1n, null],
    ]);
    expect((await b.claim(4, [])).map((lease) => lease.partition)).toEqual([3]);
  });

  test('that was released is taken at once, with a higher epoch', async () => {
    const [a, b] = [instance('a'), instance('b')];
    await a.ensure(4);
    const owned = await a.claim(3, []);
    await a.release(owned.slice(0, 1));
    expect((await b.claim(1, [])).map((lease) => [lease.partition, lease.epoch])).toEqual([[0, 2n]]);
    expect(new Set(await a.renew(owned, []))).toEqual(new Set([1, 2]));
    await a.release(owned);
    expect((await projectionLag(database.pool)).map(({ owner }) => owner)).toEqual(['b', null, null, null]);
  });

  test('lasts as long as it is renewed', async () => {
    const [a, b] = [instance('a'), instance('b')];
    await a.ensure(1);
    const owned = await a.claim(1, []);
    await pass(40);
    expect(await a.renew(owned, [])).toEqual([0]);
    await pass(40);
    expect(await b.claim(1, [])).toEqual([]);
  });

  test('that is over is lost to the one that takes the partition', async () => {
    const [a, b] = [instance('a'), instance('b')];
    await a.ensure(1);
    const owned = await a.claim(1, []);
    await pass(70);
    expect(await b.claim(1, [])).toMatchObject([{ partition: 0, epoch: 2n }]);
    expect(await a.renew(owned, [])).toEqual([]);
  });

  test('is taken over at once by the same instance when it starts again', async () => {
    await instance('a').ensure(2);
    await instance('a').claim(2, []);
    expect(await instance('a').claim(2, [])).toMatchObject([{ epoch: 2n }, { epoch: 2n }]);
  });

  test('has one owner when several claim at the same time', async () => {
    await instance('a').ensure(16);
    const names = ['a', 'b', 'c', 'd'];
    const taken = await Promise.all(names.map((name) => instance(name).claim(4, [])));
    const partitions = taken.flat().map((lease) => lease.partition);
    expect(new Set(partitions).size).toBe(partitions.length);
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

describe('a new number of partitions', () => {
  let a: PartitionLeaseStore;
  let owned: Lease[];
  beforeEach(async () => {
    a = instance('a');
    await a.ensure(4);
    owned = await a.claim(4, []);
    await database.pool.query('UPDATE projection_slot SET position = 100 + slot');
  });

  test('keeps every position', async () => {
    await instance('b').ensure(2);
    const taken = await instance('b').claim(4, []);
    expect(taken.map((lease) => [lease.partition, lease.position, lease.prefixes.length])).toEqual([
      [0, 100n, 8],
      [1, 102n, 8],
    ]);
  });

  test('fences the owners', async () => {
    await instance('b').ensure(2);
    expect(await a.renew(owned, [])).toEqual([]);
    for (const lease of await instance('b').claim(4, [])) expect(lease.epoch).toBeGreaterThan(1n);
  });

  test('keeps the mark of a store that was restored', async () => {
    for (const lease of owned) await a.goBack(lease, 50n, 101n);
    await instance('b').ensure(2);
    expect((await instance('b').claim(4, [])).map(({ position, aheadOf }) => [position, aheadOf])).toEqual([
      [50n, 101n],
      [50n, 101n],
    ]);
  });

  test('that is the same changes nothing', async () => {
    await a.ensure(4);
    expect(await a.renew(owned, [])).toHaveLength(4);
  });
});
