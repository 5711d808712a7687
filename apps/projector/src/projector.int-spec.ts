import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { LeaseLostError } from '#read-models';
import { PartitionProcessor } from './partition/processor.ts';
import { SetAsideSessions } from './set-aside/sessions.ts';
import type { Instance } from './test-harness.ts';
import { ProjectorHarness, startSession, turn } from './test-harness.ts';

let harness: ProjectorHarness;
beforeAll(async () => {
  harness = await ProjectorHarness.create();
});
beforeEach(() => harness.reset());
afterAll(() => harness.end());

async function say(ids: readonly string[], times = 1): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    await Promise.all(ids.map((id) => harness.send(id, turn(randomUUID()))));
  }
}

async function owners(): Promise<(string | null)[]> {
  const { rows } = await harness.pool.query<{ owner: string | null }>(
    'SELECT owner FROM projection_slot ORDER BY slot',
  );
  return rows.map((row) => row.owner);
}

async function countOf(name: string): Promise<number> {
  return (await owners()).filter((owner) => owner === name).length;
}

function allLive({ projector }: Instance): Promise<void> {
  const isLive = (): boolean => {
    const status = projector.status();
    return status.length === 4 && status.every(({ state }) => state === 'live');
  };
  return waitUntil(isLive, { what: 'all partitions to be live' });
}

describe('a projector', () => {
  test('projects existing events into contexts and rows', async () => {
    const ids = await harness.sessions(12);
    await say(ids, 3);
    await harness.start();
    expect(await harness.settled(ids)).toBe(12);
  });

  test('projects new events into contexts and rows', async () => {
    const ids = await harness.sessions(12);
    await harness.start();
    await harness.settled(ids);
    await say(ids, 3);
    expect(await harness.settled(ids)).toBe(12);
  });

  test('is live when it has caught up', async () => {
    const instance = await harness.start();
    await allLive(instance);
    expect(instance.projector.status().map(({ slot }) => slot)).toEqual([0, 1, 2, 3]);
  });

  test('changes nothing when events are repeated', async () => {
    const ids = await harness.sessions(4);
    await say(ids, 4);
    const { rows } = await harness.pool.query<{ position: string }>(
      'SELECT min(position) AS position FROM projection_slot',
    );
    const first = await harness.start();
    await harness.settled(ids);
    const before = await harness.rows(ids.slice(1));
    await first.stop();
    await harness.pool.query('UPDATE projection_slot SET position = $1', [rows[0]?.position]);
    await harness.redis.del(...(await harness.redis.keys('projection:*')));
    const second = await harness.start();
    await say(ids.slice(0, 1));
    await harness.settled(ids);
    await allLive(second);
    expect(await harness.rows(ids.slice(1))).toEqual(before);
    expect(second.rebuilt).toEqual([]);
  });

  test('skips events of an unknown type', async () => {
    const [id] = (await harness.sessions(1)) as [string];
    await harness.append(id, 'SomethingNew', { any: 1 });
    await say([id]);
    await harness.start();
    expect(await harness.settled([id])).toBe(1);
  });

  test('brings a long session into the rows in its order', async () => {
    const id = randomUUID();
    await harness.send(id, startSession);
    await harness.start();
    for (let count = 0; count < 10; count += 1) {
      await harness.send(id, ...Array.from({ length: 20 }, () => turn(randomUUID())));
    }
    expect(await harness.settled([id])).toBe(1);
  });
});

describe('Redis', () => {
  test('that was flushed gets a session back at its next event, and no other', async () => {
    const ids = await harness.sessions(3);
    await say(ids, 2);
    await harness.start();
    await harness.settled(ids);
    await harness.redis.flushdb();
    await say(ids.slice(0, 1));
    await harness.contextSettled(ids[0] ?? '');
    const kept = await Promise.all(ids.map((id) => harness.redis.exists(`ctx:{${id}}`)));
    expect(kept).toEqual([1, 0, 0]);
  });

  test('that is unavailable does not delay the rows', async () => {
    const ids = await harness.sessions(3);
    await harness.start();
    await harness.settled(ids);
    await harness.redisProxy.cut();
    await say(ids, 2);
    await expect(Promise.all(ids.map((id) => harness.rowsSettled(id)))).resolves.toHaveLength(3);
  });

  test('that is available again gets what it missed', async () => {
    const ids = await harness.sessions(3);
    await harness.start();
    await harness.settled(ids);
    await harness.redisProxy.cut();
    await say(ids, 2);
    await harness.redisProxy.restore();
    expect(await harness.settled(ids)).toBe(3);
  });

  test('that returns in an older state gets the lost contexts back, even without further events', async () => {
    const ids = await harness.sessions(3);
    await harness.start();
    await harness.settled(ids);
    const keys = await harness.redis.keys('*');
    const old = await Promise.all(keys.map((key) => harness.redis.dumpBuffer(key)));
    await say(ids, 2);
    await harness.settled(ids);
    await harness.redisProxy.cut();
    for (const [index, key] of keys.entries()) {
      await harness.redis.restore(key, 0, old[index] ?? Buffer.of(), 'REPLACE');
    }
    await harness.redisProxy.restore();
    expect(await harness.settled(ids)).toBe(3);
  });

  test('that was behind the rows when the projector stopped gets what it missed from the next one', async () => {
    const ids = await harness.sessions(3);
    const first = await harness.start();
    await harness.settled(ids);
    await harness.redisProxy.cut();
    await say(ids, 2);
    for (const id of ids) await harness.rowsSettled(id);
    await first.stop();
    await harness.redisProxy.restore();
    await harness.start();
    expect(await harness.settled(ids)).toBe(3);
  });
});

describe('PostgreSQL', () => {
  test('that is unavailable does not delay the contexts', async () => {
    const ids = await harness.sessions(3);
    await harness.start();
    await harness.settled(ids);
    await harness.postgresProxy.cut();
    await say(ids, 2);
    await expect(Promise.all(ids.map((id) => harness.contextSettled(id)))).resolves.toHaveLength(3);
  });

  test('that is available again gets what it missed', async () => {
    const ids = await harness.sessions(3);
    await harness.start();
    await harness.settled(ids);
    await harness.postgresProxy.cut();
    await say(ids, 2);
    await harness.postgresProxy.restore();
    expect(await harness.settled(ids)).toBe(3);
  });
});

test('while PostgreSQL is unavailable, no more events wait than the memory of all partitions allows', async () => {
  const [id = ''] = await harness.sessions(1);
  const { metrics } = await harness.start({ queueBytes: 2 ** 20 });
  await harness.settled([id]);
  await harness.postgresProxy.cut();
  const value = 'x'.repeat(100_000);
  for (let count = 0; count < 20; count += 1) await harness.append(id, 'FlagRaised', { flag: 'big', value });
  await harness.contextSettled(id);
  const shown = await metrics.registry.getSingleMetricAsString('projector_waiting_bytes');
  const waiting = Number(/\} (\d+)$/m.exec(shown)?.[1]);
  expect(waiting).toBeGreaterThan(0);
  // The share of a writer of one of four partitions, twice, each time with the event that fills it.
  expect(waiting).toBeLessThan(2 * (2 ** 20 / 8 + 101_000));
});

describe('two projectors', () => {
  test('share the partitions', async () => {
    await harness.start({ name: 'a' });
    await harness.start({ name: 'b' });
    await waitUntil(async () => (await countOf('a')) === 2 && (await countOf('b')) === 2, {
      what: 'two partitions each',
    });
    const ids = await harness.sessions(12);
    expect(await harness.settled(ids)).toBe(12);
  });

  test('leave all partitions to the remaining one when the other stops', async () => {
    const a = await harness.start({ name: 'a' });
    const b = await harness.start({ name: 'b' });
    await waitUntil(async () => (await owners()).includes('b'), { what: 'b to own a partition' });
    await a.stop();
    const ids = await harness.sessions(12);
    await harness.settled(ids);
    expect(new Set(await owners())).toEqual(new Set(['b']));
    expect(b.projector.status()).toHaveLength(4);
  });

  test('do not write at the same time: one that stalled beyond its lease is fenced', async () => {
    const stalled = await harness.instance({ name: 'a' });
    const leases = await stalled.leases.claim(4, []);
    const processors = await Promise.all(
      leases.map((lease) =>
        PartitionProcessor.create(stalled.deps, lease, new SetAsideSessions(stalled.deps, lease)),
      ),
    );
    const ends = processors.map((processor) => processor.run().catch((error: unknown) => error));
    const ids = await harness.sessions(12);
    await harness.settled(ids);
    await harness.pool.query("UPDATE projection_slot SET lease_until = now() - interval '1 s'");
    await harness.start({ name: 'b' });
    await waitUntil(async () => (await countOf('b')) === 4, { what: 'all partitions to be taken over' });
    await say(ids, 2);
    await harness.settled(ids);
    for (const end of ends) expect(await end).toBeInstanceOf(LeaseLostError);
  });
});
