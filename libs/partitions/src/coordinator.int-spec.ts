import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '../../platform/src/async/wait-until.ts';
import type { TestDatabase } from '../../platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../platform/src/testing/test-services.ts';
import type { PartitionWork } from './coordinator.ts';
import { PartitionCoordinator } from './coordinator.ts';
import { PartitionLeaseStore } from './lease-store.ts';

let database: TestDatabase;
let stopping: AbortController;
let running: Promise<void>[];

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  await database.pool.query('TRUNCATE bridge_slot, bridge_instance');
  [stopping, running] = [new AbortController(), []];
});
afterEach(async () => {
  stopping.abort();
  await Promise.all(running);
});
afterAll(() => database.drop());

const logger = { info: () => undefined, warn: () => undefined };

/** Starts an instance that divides the streams into a number of partitions. */
function start(name: string, partitionCount: number): PartitionCoordinator<PartitionWork> {
  const coordinator = new PartitionCoordinator<PartitionWork>({
    leases: new PartitionLeaseStore(database.pool, name, 3_000, 'bridge'),
    partitionCount,
    heartbeatMs: 50,
    logger,
    begin: (lease) => ({ lease, stop: async () => undefined }),
  });
  running.push(coordinator.run(stopping.signal));
  return coordinator;
}

/** For each first digit of a session id, how many of the instances own it. */
function ownersOf(...instances: PartitionCoordinator<PartitionWork>[]): number[] {
  return [...'0123456789abcdef'].map((digit) => instances.filter((each) => each.owns(`${digit}-id`)).length);
}

const once = Array.from({ length: 16 }, () => 1);
const isDivided = (...instances: PartitionCoordinator<PartitionWork>[]) =>
  waitUntil(() => ownersOf(...instances).every((owners) => owners === 1), {
    what: 'one owner of each session',
  });

test('with another number of partitions beside it, each session has one owner', async () => {
  const before = start('before', 4);
  await isDivided(before);
  const after = start('after', 8);
  // Until its next heartbeat the first one does not know that the streams are divided anew.
  const isDividedAnew = () => before.work.every(({ lease }) => lease.prefixes.length === 2);
  const isEqual = () => after.work.length === 4 && before.work.length === 4;
  await waitUntil(() => isEqual() && isDividedAnew(), { what: 'an equal division' });
  expect(ownersOf(before, after)).toEqual(once);
});

test('partitions that are gone are made again', async () => {
  const one = start('one', 4);
  await isDivided(one);
  await database.pool.query('TRUNCATE bridge_slot');
  await waitUntil(() => one.work.length === 0, { what: 'no partition' });
  await isDivided(one);
  expect(ownersOf(one)).toEqual(once);
});
