import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { LeaseLostError } from '#read-models';
import { PartitionProcessor } from './partition-processor.ts';
import { startSession, turn, until, World } from './test-harness.ts';

jest.setTimeout(60_000);

let world: World;
beforeAll(async () => {
  world = await World.create(7);
});
beforeEach(() => world.reset());
afterAll(() => world.end());

async function say(ids: readonly string[], times = 1): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    await Promise.all(ids.map((id) => world.send(id, turn(randomUUID()))));
  }
}

async function owners(): Promise<(string | null)[]> {
  const { rows } = await world.pool.query<{ owner: string | null }>(
    'SELECT owner FROM projection_slot ORDER BY slot',
  );
  return rows.map((row) => row.owner);
}

async function refolds({ deps }: Awaited<ReturnType<World['start']>>): Promise<number> {
  const { values } = await deps.metrics.refolds.get();
  return values[0]?.value ?? 0;
}

describe('a projector', () => {
  test('brings what is there and what comes into contexts and rows', async () => {
    const ids = await world.sessions(12);
    await say(ids, 3);
    const { projector } = await world.start();
    await world.settled(ids);
    await say(ids, 3);
    await world.settled(ids);
    await until(() => projector.status().every((slot) => slot.state === 'live'), 'all slots live');
    expect(projector.status().map((slot) => slot.slot)).toEqual([0, 1, 2, 3]);
  });

  test('redelivery from the start changes nothing', async () => {
    const ids = await world.sessions(4);
    await say(ids, 4);
    const { rows } = await world.pool.query<{ position: string }>(
      'SELECT min(position) AS position FROM projection_slot',
    );
    const first = await world.start();
    await world.settled(ids);
    const before = await world.rows(ids.slice(1));
    await first.stop();
    await world.pool.query('UPDATE projection_slot SET position = $1', [rows[0]?.position]);
    await world.redis.del(...(await world.redis.keys('projection:*')));
    const second = await world.start();
    await say(ids.slice(0, 1));
    await world.settled(ids);
    await until(() => second.projector.status().every((slot) => slot.state === 'live'), 'all slots live');
    expect(await world.rows(ids.slice(1))).toEqual(before);
    expect(await refolds(second)).toBe(0);
  });

  test('passes over events that it does not know or cannot use, and goes on with the session', async () => {
    const [good, odd] = (await world.sessions(2)) as [string, string];
    await world.append(odd, 'SomethingNew', { any: 1 });
    await world.append(odd, 'TurnRecorded', { turn_id: 'x' });
    await say([good, odd]);
    const { deps } = await world.start();
    await world.contextSettled(good);
    await world.rowsSettled(good);
    await until(async () => {
      const { rows } = await world.pool.query('SELECT FROM conversation_turn WHERE session_id = $1', [odd]);
      return rows.length === 1;
    }, 'the turn after the odd events');
    expect((await deps.metrics.unusable.get()).values[0]?.value).toBe(1);
    expect((await deps.contexts.load(odd))?.revision).toBe(3);
  });
});

describe('Redis', () => {
  test('when flushed, a session is folded again at its next event, and no other', async () => {
    const ids = await world.sessions(3);
    await say(ids, 2);
    const instance = await world.start();
    await world.settled(ids);
    await world.redis.flushdb();
    await say(ids.slice(0, 1));
    await world.contextSettled(ids[0] ?? '');
    expect(await refolds(instance)).toBe(1);
    expect(await world.redis.exists(`ctx:{${ids[1]}}`)).toBe(0);
  });

  test('away, does not hold up the rows; back, gets what it missed', async () => {
    const ids = await world.sessions(3);
    await world.start();
    await world.settled(ids);
    world.redisWay.cut();
    await say(ids, 2);
    for (const id of ids) await world.rowsSettled(id);
    await world.redisWay.mend();
    expect(await world.settled(ids)).toBe(3);
  });

  test('back in an older state, gets what it lost, though nothing more happens in those sessions', async () => {
    const ids = await world.sessions(3);
    await world.start();
    await world.settled(ids);
    const keys = await world.redis.keys('*');
    const old = await Promise.all(keys.map((key) => world.redis.dumpBuffer(key)));
    await say(ids, 2);
    await world.settled(ids);
    world.redisWay.cut();
    for (const [index, key] of keys.entries()) {
      await world.redis.restore(key, 0, old[index] ?? Buffer.of(), 'REPLACE');
    }
    await world.redisWay.mend();
    expect(await world.settled(ids)).toBe(3);
  });

  test('behind the rows when the projector died, is caught up by the next one', async () => {
    const ids = await world.sessions(3);
    const first = await world.start();
    await world.settled(ids);
    world.redisWay.cut();
    await say(ids, 2);
    for (const id of ids) await world.rowsSettled(id);
    await first.stop();
    await world.redisWay.mend();
    await world.start();
    expect(await world.settled(ids)).toBe(3);
  });
});

test('PostgreSQL away does not hold up the contexts; back, gets what it missed', async () => {
  const ids = await world.sessions(3);
  await world.start();
  await world.settled(ids);
  world.postgresWay.cut();
  await say(ids, 2);
  for (const id of ids) await world.contextSettled(id);
  await world.postgresWay.mend();
  expect(await world.settled(ids)).toBe(3);
});

describe('two projectors', () => {
  test('share the slots, and one takes over all when the other stops', async () => {
    const [a, b] = [await world.start('a'), await world.start('b')];
    await until(async () => {
      const names = await owners();
      return (
        names.filter((name) => name === 'a').length === 2 && names.filter((name) => name === 'b').length === 2
      );
    }, 'two slots each');
    const ids = await world.sessions(12);
    await say(ids, 2);
    await world.settled(ids);
    await a.stop();
    await say(ids, 2);
    await world.settled(ids);
    expect(new Set(await owners())).toEqual(new Set(['b']));
    expect(b.projector.status()).toHaveLength(4);
  });

  test('one that stalled beyond its lease is fenced and writes nothing more', async () => {
    const stalled = await world.instance('a');
    const leases = await stalled.slots.claim(4, []);
    const runners = await Promise.all(leases.map((lease) => PartitionProcessor.create(stalled.deps, lease)));
    const ends = runners.map((runner) => runner.run().catch((error: unknown) => error));
    const ids = await world.sessions(12);
    await world.settled(ids);
    await world.pool.query("UPDATE projection_slot SET lease_until = now() - interval '1 s'");
    await world.start('b');
    await until(async () => (await owners()).every((owner) => owner === 'b'), 'all slots taken over');
    await say(ids, 2);
    await world.settled(ids);
    for (const end of ends) expect(await end).toBeInstanceOf(LeaseLostError);
  });
});

test('one session at a time in order: a long one arrives whole', async () => {
  const id = randomUUID();
  await world.send(id, startSession);
  await world.start();
  for (let count = 0; count < 10; count += 1) {
    const many = Array.from({ length: 20 }, () => turn(randomUUID()));
    await world.send(id, ...many);
  }
  expect(await world.settled([id])).toBe(1);
});
