import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import {
  createLogger,
  createRedis,
  isUnavailable,
  redisMasters,
  redisReady,
  retry,
  waitUntil,
} from '#platform';
import type { ContextCheckpoint } from '#read-models';
import { CheckpointRegressedError, ContextStore } from '#read-models';
import type { Frame } from '../apps/api/src/agents/testing/test-agent.ts';
import { newPool, recordUpdate, TestFleet } from '../apps/api/src/agents/testing/test-support.ts';
import { sections } from '../libs/read-models/src/context/document.ts';
import { command, Script, startSession, turn } from '../libs/read-models/src/test-support.ts';
import { holdOpen } from './scenarios/hold-open.ts';
import type { RedisCluster } from './scenarios/redis-nodes.ts';
import { withRedisCluster } from './scenarios/redis-nodes.ts';

/** A cluster of three masters with a replica each; one master after the other is killed. */
const held = holdOpen<RedisCluster>(withRedisCluster);
const logger = createLogger('redis-cluster', 'silent');
const prefixes = ['session-0', 'session-1'];
let cluster: RedisCluster;
let redis: Redis;
let contexts: ContextStore;
beforeAll(async () => {
  cluster = await held.open();
  redis = createRedis(cluster.url, { logger });
  await redisReady(redis);
  contexts = new ContextStore(redis);
  await Promise.all(cluster.ports.map((port) => cluster.client(port).config('RESETSTAT')));
});
afterAll(async () => {
  redis.disconnect();
  await held.close();
});

const checkpointAt = (position: bigint): ContextCheckpoint => ({ prefixes, position });
const isAttached = ({ type }: Frame): boolean => type === 'attached';
const soon = { attempts: 200, minMs: 50, maxMs: 50, isRetryable: isUnavailable };

/** Sessions with a turn each, and what a projector writes of them: for the start, and for the turn. */
function sessions(count: number) {
  return Array.from({ length: count }, () => {
    const script = new Script();
    script.request(startSession);
    const start = script.session;
    script.request(turn('t1'));
    return { id: script.sessionId, start, end: script.session };
  });
}

type Sessions = ReturnType<typeof sessions>;
const writeStarts = (all: Sessions) =>
  Promise.all(all.map(({ start }) => contexts.replace(start, start.known.list)));
const writeTurns = (all: Sessions, checkpoint?: ContextCheckpoint) =>
  contexts.applyMany(
    all.map(({ start, end }) => ({
      before: start.revision,
      after: end,
      changed: sections,
      commands: end.known.list.slice(-1),
    })),
    checkpoint,
  );

/**
 * Writes sessions of the partition until a master has some, and a checkpoint; resolves to the master and the keys of
 * its checkpoint.
 */
async function masterWithContexts(): Promise<[master: Redis, keys: string[]]> {
  await retry(() => contexts.checkpoints.read(prefixes), soon);
  const [master] = redisMasters(redis);
  if (master === undefined) throw new Error('There is no master.');
  while ((await master.keys('ctx:{[01]*')).length === 0) await writeStarts(sessions(30));
  await contexts.checkpoints.begin(checkpointAt(12n));
  return [master, await master.keys('*:projection:session-[01]')];
}

const nobodyIsAt = (port: number) => async (): Promise<boolean> => {
  const masters = redisMasters(redis).map(({ options }) => options.port);
  return masters.length === 3 && !masters.includes(port);
};

test('contexts of all masters are written and read in one call', async () => {
  const all = sessions(30);
  await writeStarts(all);
  expect(new Set(await writeTurns(all))).toEqual(new Set(['applied']));
  const loaded = await contexts.loadMany(
    all.map(({ id }) => id),
    10,
  );
  expect(loaded.map((session) => session?.revision)).toEqual(all.map(({ end }) => end.revision));
  const owners = new Set(await Promise.all(all.map(({ id }) => cluster.masterOf(`ctx:{${id}}`))));
  expect(owners.size).toBe(3);
});

test('a command is found by its id', async () => {
  const [session] = sessions(1);
  if (session) await contexts.replace(session.start, [command('a', 0)]);
  expect((await contexts.findCommand(session?.id ?? '', ['b', 'a'])).command).toMatchObject({ id: 'a' });
});

test('the contexts of a partition are removed from all masters', async () => {
  const all = sessions(30);
  await writeStarts(all);
  await contexts.checkpoints.begin({ prefixes: ['session-2'], position: 1n });
  const ofPartition = all.filter(({ id }) => id.startsWith('2'));
  await contexts.checkpoints.deletePartition(['session-2']);
  expect(await contexts.checkpoints.read(['session-2'])).toBeUndefined();
  const left = await contexts.revisions(all.map(({ id }) => id));
  expect(left.filter((revision) => revision < 0)).toHaveLength(ofPartition.length);
});

test('the checkpoint of one writer is not moved by another', async () => {
  await contexts.checkpoints.begin(checkpointAt(5n));
  const other = new ContextStore(redis);
  expect(await other.checkpoints.read(prefixes)).toBe(5n);
  await expect(contexts.checkpoints.save(checkpointAt(6n))).rejects.toThrow(CheckpointRegressedError);
  await other.checkpoints.save(checkpointAt(7n));
  expect(await contexts.checkpoints.read(prefixes)).toBe(7n);
});

describe('live agents', () => {
  let fleet: TestFleet;
  beforeAll(() => {
    fleet = new TestFleet({ leaseMs: 3_000, redisUrl: cluster.url });
  });
  afterAll(() => fleet.close());

  test('keep their sessions and get their updates while a master is killed', async () => {
    const [one, two] = await Promise.all([fleet.startNode(), fleet.startNode()]);
    const pool = newPool();
    // On a busy machine a connection to Redis may just be replaced: the agent then retries.
    const again = { attempts: 10, minMs: 50, maxMs: 50 };
    const agents = await Promise.all([one, two].map((node) => retry(() => fleet.join(node, pool), again)));
    const ids = await Promise.all(Array.from({ length: 12 }, () => one.start()));
    for (const [index, id] of ids.entries()) await agents[index % 2]?.attach(id);
    const recorded = new Map<string, number[]>(ids.map((id) => [id, []]));
    // A refused command may be recorded anyway, and is then recorded twice: each revision is delivered.
    const record = async (id: string): Promise<void> =>
      void recorded
        .get(id)
        ?.push((await retry(() => recordUpdate(two, id), { attempts: 9, minMs: 50, maxMs: 50 })) ?? -1);
    await Promise.all(ids.map(record));
    const port = await cluster.replaceableMasterOf(`agents:{${pool}}`);
    await cluster.kill(port);
    for (let round = 0; round < 4; round += 1) await Promise.all(ids.map(record));
    await waitUntil(nobodyIsAt(port), { what: 'another master' });
    await Promise.all(ids.map(record));
    const received = (id: string): unknown[] =>
      agents.flatMap((agent) => agent?.updates(id).map(({ event }) => event?.revision));
    const isDelivered = (id: string): boolean => !!recorded.get(id)?.every((at) => received(id).includes(at));
    await waitUntil(() => ids.every(isDelivered), { what: 'every update' });
    for (const id of ids) expect(received(id)).toEqual([...new Set(received(id))]);
    const attached = agents.map((agent) => agent?.frames.filter(isAttached).map(({ epoch }) => epoch));
    expect(attached.flat()).toEqual(ids.map(() => 1));
    await cluster.restart(port);
  });

  test('go to another instance when theirs dies', async () => {
    const node = await fleet.startNode();
    const pool = newPool();
    const [dead, next] = [await fleet.join(node, pool), await fleet.join(node, pool)];
    const id = await node.start();
    await dead.attach(id);
    dead.kill();
    expect(await next.next(isAttached)).toMatchObject({ session_id: id, epoch: 2, reason: 'takeover' });
  });
});

describe('a replica that takes over without the last writes', () => {
  test('has the contexts since the last checkpoint written again', async () => {
    const all = sessions(30);
    await writeStarts(all);
    const before = await retry(() => contexts.checkpoints.read(prefixes), soon);
    if (before === undefined) await contexts.checkpoints.begin(checkpointAt(8n));
    await contexts.checkpoints.save(checkpointAt(8n));
    const port = await cluster.replaceableMasterOf(`ctx:{${all[0]?.id}}`);
    await cluster.killWithout(port, () => writeTurns(all));
    await waitUntil(nobodyIsAt(port), { what: 'another master' });
    const revisions = await retry(() => contexts.revisions(all.map(({ id }) => id)), soon);
    expect(revisions).toContain(0);
    await expect(contexts.checkpoints.save(checkpointAt(9n))).rejects.toThrow(CheckpointRegressedError);
    expect(await contexts.checkpoints.read(prefixes)).toBe(8n);
    await contexts.checkpoints.save(checkpointAt(9n));
    await cluster.restart(port);
  });

  test('takes the checkpoint back that was behind the lost contexts', async () => {
    const all = sessions(30);
    await writeStarts(all);
    const port = await cluster.replaceableMasterOf(`ctx:{${all[0]?.id}}`);
    await retry(() => contexts.checkpoints.save(checkpointAt(10n)), soon);
    await cluster.killWithout(port, async () => {
      await writeTurns(all);
      await contexts.checkpoints.save(checkpointAt(11n));
    });
    await waitUntil(nobodyIsAt(port), { what: 'another master' });
    expect(await retry(() => contexts.checkpoints.read(prefixes), soon)).toBe(10n);
  });

  test('is found without a checkpoint, its contexts are removed', async () => {
    const [master, keys] = await masterWithContexts();
    for (const key of keys) await redis.del(key);
    expect(await contexts.checkpoints.read(prefixes)).toBe(12n);
    expect(await master.keys('ctx:{[01]*')).toEqual([]);
  });
});

describe('a checkpoint on one master', () => {
  test('of an earlier claim does not rewind the partition: the contexts of its master are removed', async () => {
    const [master, keys] = await masterWithContexts();
    const texts = await Promise.all(keys.map((key) => redis.get(key)));
    await contexts.checkpoints.read(prefixes);
    await contexts.checkpoints.save(checkpointAt(13n));
    for (const [index, key] of keys.entries()) await redis.set(key, texts[index] ?? '');
    expect(await contexts.checkpoints.read(prefixes)).toBe(13n);
    expect(await master.keys('ctx:{[01]*')).toEqual([]);
  });

  test('of another history does not cover its contexts: they are removed', async () => {
    const [master, keys] = await masterWithContexts();
    for (const key of keys) {
      const [position, , claim] = (await redis.get(key))?.split(' ') ?? [];
      await redis.set(key, `${position} ${'a'.repeat(40)} ${claim}`);
    }
    expect(await contexts.checkpoints.read(prefixes)).toBe(12n);
    expect(await master.keys('ctx:{[01]*')).toEqual([]);
  });
});

test('a command is redirected to a master that the client has not connected to', async () => {
  const [master] = redisMasters(redis);
  const key = (await master?.keys('ctx:*'))?.[0] ?? 'none';
  const removed = once(redis, '-node').then(() => redis.exists(key));
  master?.disconnect();
  expect(await removed).toBe(1);
});

test('no command or script of all these needed two slots', async () => {
  const texts = await Promise.all(
    cluster.ports.map((port) =>
      cluster
        .client(port)
        .info('errorstats')
        .catch(() => ''),
    ),
  );
  expect(texts.join('\n')).not.toMatch(/CROSSSLOT|errorstat_ERR/);
});
