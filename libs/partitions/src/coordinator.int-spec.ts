import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '../../platform/src/async/wait-until.ts';
import type { TestDatabase } from '../../platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../platform/src/testing/test-services.ts';
import type { PartitionWork } from './coordinator.ts';
import { PartitionCoordinator } from './coordinator.ts';
import { PartitionLeaseStore } from './lease-store.ts';
import { setPartitions } from './requests.ts';

let database: TestDatabase;
let stopping: AbortController;
let running: Promise<void>[];

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  await database.pool.query('TRUNCATE bridge_slot, bridge_instance, session_partitions');
  [stopping, running, others, hanging] = [new AbortController(), [], [], undefined];
});
afterEach(async () => {
  hanging?.resolve();
  stopping.abort();
  await Promise.all(running);
});
afterAll(() => database.drop());

const logger = { info: () => undefined, warn: () => undefined };

/** For each stopped partition, how many others of its instance were still running. */
let others: number[];
/** Blocks the stopping of partitions. */
let hanging: PromiseWithResolvers<void> | undefined;

/** Starts an instance. */
function start(name: string): PartitionCoordinator<PartitionWork> {
  const coordinator = new PartitionCoordinator<PartitionWork>({
    leases: new PartitionLeaseStore(database.pool, name, 1_000, 'bridge'),
    partitionCount: 4,
    heartbeatMs: 100,
    logger,
    begin: (lease) => ({
      lease,
      stop: async () => {
        others.push(coordinator.work.length);
        await hanging?.promise;
      },
    }),
  });
  running.push(coordinator.run(stopping.signal));
  return coordinator;
}

/** For each pair of leading digits of a session id, how many of the instances own it. */
function ownersOf(...instances: PartitionCoordinator<PartitionWork>[]): number[] {
  return Array.from({ length: 256 }, (_, pair) => {
    const id = `${pair.toString(16).padStart(2, '0')}-id`;
    return instances.filter((each) => each.owns(id)).length;
  });
}

const isDivided = (partitions: number, ...instances: PartitionCoordinator<PartitionWork>[]) =>
  waitUntil(
    () =>
      ownersOf(...instances).every((owners) => owners === 1) &&
      instances.every(({ work }) => work.length === partitions / instances.length),
    { what: `${partitions} partitions with one owner each` },
  );

test('instances share the partitions evenly while their number changes and one joins', async () => {
  const one = start('one');
  await isDivided(4, one);
  const two = start('two');
  await isDivided(4, one, two);
  for (const partitions of [16, 256, 4]) {
    await setPartitions(database.pool, partitions);
    await isDivided(partitions, one, two);
  }
  expect(Math.max(...ownersOf(one, two))).toBe(1);
});

test('partitions that are not being replaced keep running', async () => {
  const one = start('one');
  await isDivided(4, one);
  others = [];
  await setPartitions(database.pool, 256);
  await isDivided(256, one);
  expect(others.every((count) => count >= 3)).toBe(true);
  expect(others).toHaveLength(4);
});

test('a partition whose work does not end is replaced when its lease expires, while the other leases are renewed', async () => {
  const one = start('one');
  await isDivided(4, one);
  hanging = Promise.withResolvers();
  others = [];
  await setPartitions(database.pool, 16);
  await isDivided(16, one);
  expect(others.every((count) => count >= 3)).toBe(true);
});

test('deleted partitions are created again', async () => {
  const one = start('one');
  await isDivided(4, one);
  await database.pool.query('TRUNCATE bridge_slot');
  await waitUntil(() => others.length === 4, { what: 'the end of the work on deleted partitions' });
  await isDivided(4, one);
  expect(new Set(ownersOf(one))).toEqual(new Set([1]));
});
