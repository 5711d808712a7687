import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { projectionLag, PartitionLeaseStore } from './lease-store.ts';
import type { Lease } from './lease-store.ts';
import { partitionReport, setPartitions } from './requests.ts';
import type { TestDatabase } from '../../platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../platform/src/testing/test-services.ts';

let database: TestDatabase;
const instance = (name: string): PartitionLeaseStore => new PartitionLeaseStore(database.pool, name, 60_000);

/** Makes everything in the database some seconds older. */
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
beforeEach(() => database.pool.query('TRUNCATE projection_slot, projection_instance, session_partitions'));
afterAll(() => database.drop());

describe('a lease', () => {
  test('prevents others from taking the partition', async () => {
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

  test('that has expired is lost to the next owner', async () => {
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

const shareOf = async (store: PartitionLeaseStore) => (await store.heartbeat())?.share;

describe('shares', () => {
  test('follow the live instances', async () => {
    const [a, b] = [instance('a'), instance('b')];
    await a.ensure(4);
    expect(await shareOf(a)).toBe(4);
    expect(await shareOf(b)).toBe(2);
    expect(await shareOf(a)).toBe(2);
    await b.leave();
    expect(await shareOf(a)).toBe(4);
    await b.heartbeat();
    await pass(70);
    expect(await shareOf(a)).toBe(4);
  });
});

/** Replaces the free partitions by those of the target division; returns the number of groups. */
async function replaceFree(store: PartitionLeaseStore): Promise<number> {
  const moves = (await store.heartbeat())?.moves ?? [];
  let replaced = 0;
  for (const move of moves) if (await store.replace(move)) replaced += 1;
  return replaced;
}

describe('another number of partitions', () => {
  let a: PartitionLeaseStore;
  let owned: Lease[];
  beforeEach(async () => {
    a = instance('a');
    await a.ensure(4);
    owned = await a.claim(4, []);
    await database.pool.query('UPDATE projection_slot SET position = 100 + slot, written = 7');
  });

  test('leaves owned partitions alone', async () => {
    await setPartitions(database.pool, 2);
    await a.release(owned.slice(0, 1));
    expect(await replaceFree(instance('b'))).toBe(0);
    expect(await a.renew(owned.slice(1), [])).toHaveLength(3);
    expect(await instance('b').claim(4, [])).toEqual([]);
  });

  test('keeps the lowest position when merging, and the positions of followers', async () => {
    await a.release(owned);
    await setPartitions(database.pool, 2);
    expect(await replaceFree(a)).toBe(2);
    const taken = await instance('b').claim(4, []);
    expect(
      taken.map(({ partition, position, prefixes, of }) => [partition, position, prefixes.length, of]),
    ).toEqual([
      [0, 100n, 8, 2],
      [1, 102n, 8, 2],
    ]);
    const { rows } = await database.pool.query('SELECT written::int FROM projection_slot ORDER BY slot');
    expect(rows.map(({ written }) => written)).toEqual([101 * 1024, 103 * 1024]);
  });

  test('keeps the position when splitting', async () => {
    await a.release(owned);
    await setPartitions(database.pool, 256);
    expect(await replaceFree(a)).toBe(4);
    const taken = await a.claim(256, []);
    const positions = new Map(taken.map(({ prefixes, position }) => [prefixes.join(), position]));
    expect(positions.size).toBe(256);
    expect(['00', '3f', '40', 'ff'].map((pair) => positions.get(`session-${pair}`))).toEqual([
      100n,
      100n,
      101n,
      103n,
    ]);
  });

  test('starts at the beginning if one of the merged partitions did', async () => {
    await database.pool.query('UPDATE projection_slot SET position = NULL WHERE slot = 1');
    await a.release(owned);
    await setPartitions(database.pool, 2);
    await replaceFree(a);
    expect((await a.claim(2, [])).map(({ position }) => position)).toEqual([null, 102n]);
  });

  test('fences owners whose leases have expired', async () => {
    await setPartitions(database.pool, 8);
    await pass(70);
    expect(await replaceFree(instance('b'))).toBe(4);
    expect(await a.renew(owned, [])).toEqual([]);
    for (const lease of await instance('b').claim(8, [])) expect(lease.epoch).toBeGreaterThan(1n);
  });

  test('replaces each partition once when several do so at the same time', async () => {
    await a.release(owned);
    await setPartitions(database.pool, 64);
    const replaced = await Promise.all(['a', 'b', 'c'].map((name) => replaceFree(instance(name))));
    expect(replaced.reduce((sum, count) => sum + count, 0)).toBe(4);
    expect(await a.claim(256, [])).toHaveLength(64);
  });

  test('keeps the mark of a restored store', async () => {
    for (const lease of owned) await a.goBack(lease, 50n, 101n);
    await a.release(owned);
    await setPartitions(database.pool, 2);
    await replaceFree(a);
    expect((await instance('b').claim(4, [])).map(({ position, aheadOf }) => [position, aheadOf])).toEqual([
      [50n, 101n],
      [50n, 101n],
    ]);
  });

  test('is shown with the remaining work', async () => {
    await setPartitions(database.pool, 8);
    const { set, reports } = await partitionReport(database.pool);
    expect([set, reports[0]]).toEqual([
      8,
      { of: 'projectors', partitions: 4, toReplace: 4, owned: { a: 4 }, withoutOwner: 0 },
    ]);
  });

  test('is refused while an instance of the previous release is alive', async () => {
    await database.pool.query("INSERT INTO projection_instance VALUES ('old', now())");
    await expect(setPartitions(database.pool, 8)).rejects.toThrow('old');
    await expect(setPartitions(database.pool, 3)).rejects.toThrow('one of 1, 2, 4');
  });

  test('waits for an instance of the previous release; until then existing partitions are claimed unchanged', async () => {
    await setPartitions(database.pool, 8);
    await database.pool.query("INSERT INTO projection_instance VALUES ('old', now())");
    expect((await a.heartbeat())?.moves).toEqual([]);
    await a.release(owned);
    expect(await instance('b').claim(4, [])).toHaveLength(4);
    await pass(61);
    expect((await a.heartbeat())?.moves).toHaveLength(4);
    expect(await a.claim(4, [])).toEqual([]);
  });

  test('cannot be made by deleting partitions, as the previous release does', async () => {
    await expect(database.pool.query('DELETE FROM projection_slot')).rejects.toThrow('npm run partitions');
  });

  test('that equals the present one changes nothing', async () => {
    await setPartitions(database.pool, 4);
    expect(await replaceFree(a)).toBe(0);
    expect(await a.renew(owned, [])).toHaveLength(4);
  });
});
