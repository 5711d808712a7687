import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { tcpProxy } from '../../../../libs/platform/src/testing/tcp-proxy.ts';
import { startTestApp } from '../test-app.ts';
import type { Frame, TestAgent } from './testing/test-agent.ts';
import type { TestNode } from './testing/test-support.ts';
import { eventsOf, newPool, recordUpdate, TestFleet } from './testing/test-support.ts';

/** Agent instances that fail or leave. Uses its own Redis database, since it empties it. */
const leaseMs = 1_200;
const redisUrl = new URL(String(process.env['REDIS_URL']));
redisUrl.pathname = '/4';
const fleet = new TestFleet({ leaseMs, redisUrl: redisUrl.href, unansweredHandoffS: 1 });
let one: TestNode;
let two: TestNode;
beforeAll(async () => {
  [one, two] = await Promise.all([fleet.startNode(), fleet.startNode()]);
});
afterAll(() => fleet.close());

const isAttached = ({ type }: Frame): boolean => type === 'attached';
const isUpdate = ({ type }: Frame): boolean => type === 'update';
const attachedOf = ({ frames }: TestAgent): Frame[] => frames.filter(isAttached);

/** A session waiting in a pool, and the instance that left it. */
async function waitingSession(pool: string): Promise<string> {
  const id = await one.start();
  const leaving = await fleet.join(one, pool);
  await leaving.attach(id);
  leaving.send({ type: 'drain' });
  await leaving.next((frame) => frame.type === 'drained');
  return id;
}

async function waitingIn(pool: string): Promise<number> {
  const { body } = await one.call('GET', `/v1/agents?pool=${pool}`);
  return (body['waiting'] as { sessions: number }[])[0]?.sessions ?? 0;
}

async function ownerOf(id: string): Promise<Readonly<Record<string, unknown>>> {
  return (await two.call('GET', `/v1/sessions/${id}/agent`)).body;
}

async function handoffsOf(id: string): Promise<number> {
  return (await eventsOf(one, id)).filter(({ type }) => type === 'HandoffRequested').length;
}

describe.each(['kill', 'hang'] as const)('an instance that dies (%s)', (how) => {
  test('loses its sessions to the least loaded of its pool, which misses no update', async () => {
    const pool = newPool();
    const [id, other] = [await one.start(), await one.start()];
    const dead = await fleet.join(one, pool);
    const busy = await fleet.join(two, pool);
    const idle = await fleet.join(two, pool);
    const stranger = await fleet.join(two, newPool());
    await dead.attach(id);
    await busy.attach(other);
    const before = await recordUpdate(one, id);
    await dead.next(isUpdate);
    dead[how]();
    const during = await recordUpdate(one, id);
    expect(await idle.next(isAttached)).toMatchObject({ session_id: id, epoch: 2, reason: 'takeover' });
    const received = (): unknown[] =>
      idle.updates(id).flatMap(({ event }) => (event?.type === 'HandoffRequested' ? [] : [event?.revision]));
    await waitUntil(() => received().length === 2);
    expect(received()).toEqual([before, during]);
    expect([...busy.updates(id), ...stranger.updates(id)]).toEqual([]);
  });

  test('has its commands refused once another owns the session', async () => {
    const pool = newPool();
    const id = await one.start();
    const dead = await fleet.join(one, pool);
    await dead.attach(id);
    const next = await fleet.join(two, pool);
    dead[how]();
    await next.next(isAttached);
    const stale = await two.call('PUT', `/v1/sessions/${id}/flags/late`, {}, { 'agent-epoch': '1' });
    expect(stale).toMatchObject({ status: 409, body: { holder: { instance: next.instance } } });
  });
});

describe('the session of an instance that died as the only one of its pool', () => {
  test('waits, and the commands of its former owner are refused', async () => {
    const pool = newPool();
    const id = await one.start();
    const dead = await fleet.join(one, pool);
    await dead.attach(id);
    dead.kill();
    await waitUntil(async () => (await ownerOf(id))['status'] === 'waiting');
    const refused = await two.call('PUT', `/v1/sessions/${id}/flags/late`, {}, { 'agent-epoch': '1' });
    expect(refused).toMatchObject({ status: 409, body: { holder: { instance: null, epoch: 1 } } });
  });

  test('asks for one handoff while it waits', async () => {
    const id = await waitingSession(newPool());
    await waitUntil(async () => (await handoffsOf(id)) > 0);
    expect(await handoffsOf(id)).toBe(1);
  });

  test('goes to the next instance that joins the pool, with the updates from meanwhile', async () => {
    const pool = newPool();
    const id = await one.start();
    const dead = await fleet.join(one, pool);
    await dead.attach(id);
    dead.kill();
    await waitUntil(async () => (await ownerOf(id))['status'] === 'waiting');
    const revision = await recordUpdate(one, id);
    const next = await fleet.join(two, pool);
    expect(await next.next(isAttached)).toMatchObject({ session_id: id, epoch: 2 });
    expect((await next.next(isUpdate)).revision).toBe(revision);
    expect(await ownerOf(id)).toMatchObject({ status: 'attached', instance: next.instance, epoch: 2 });
  });
});

test('a session that ends while it waits is no longer listed as waiting', async () => {
  const pool = newPool();
  const id = await waitingSession(pool);
  expect(await waitingIn(pool)).toBe(1);
  await two.call('POST', `/v1/sessions/${id}/end`, {});
  await waitUntil(async () => (await waitingIn(pool)) === 0);
});

describe('an instance with a capacity', () => {
  test('takes over no more sessions than that', async () => {
    const pool = newPool();
    const dead = await fleet.join(one, pool);
    for (let n = 0; n < 3; n += 1) await dead.attach(await one.start());
    const small = await fleet.join(one, pool, { capacity: 2 });
    dead.kill();
    await waitUntil(() => attachedOf(small).length === 2);
    await waitUntil(async () => (await waitingIn(pool)) === 1);
    expect(attachedOf(small)).toHaveLength(2);
  });

  test('cannot attach more sessions than that', async () => {
    const small = await fleet.join(one, newPool(), { capacity: 1 });
    await small.attach(await one.start());
    const session_id = await one.start();
    small.send({ type: 'attach', session_id });
    expect(await small.next(({ type }) => type === 'error')).toMatchObject({
      code: 'at_capacity',
      session_id,
    });
  });

  test('gets a waiting session when it gives one back', async () => {
    const pool = newPool();
    const small = await fleet.join(one, pool, { capacity: 1 });
    const id = await one.start();
    await small.attach(id);
    const waiting = await waitingSession(pool);
    small.send({ type: 'detach', session_id: id });
    await small.next((frame) => isAttached(frame) && frame.session_id === waiting);
    expect(small.frames.filter(({ type }) => type === 'detached')).toHaveLength(1);
  });
});

test('an update that its owner leaves unanswered asks for one handoff', async () => {
  const id = await one.start();
  const agent = await fleet.join(one, newPool());
  await agent.attach(id);
  await recordUpdate(two, id);
  await agent.next((frame) => frame.event?.type === 'HandoffRequested');
  const { body } = await two.call('GET', `/v1/sessions/${id}/context`);
  expect(body['conversation_flags']).toMatchObject({ handoff: 'requested' });
  expect(await handoffsOf(id)).toBe(1);
});

/** The marker is set at the beginning of a recovery, and infinite at its end. */
async function isComplete(): Promise<boolean> {
  return (await one.redis.zscore('agents:pools', '')) === 'inf';
}

/** Waits until the registry is complete. */
async function completed(): Promise<void> {
  await waitUntil(isComplete, { what: 'the registry to be complete' });
}

test('an instance is accepted even if keys that its pool does not need are unavailable', async () => {
  const instance = randomUUID();
  const unneeded = [`agents:pool-of:${instance}`, 'agents:lease'];
  const { redis } = one;
  // Two keys of types that the commands do not expect.
  await redis.hset(unneeded[0] ?? '', 'a', 'b');
  await redis.set(unneeded[1] ?? '', 'a');
  try {
    const agent = await fleet.join(one, newPool(), {}, instance);
    expect(agent.frames).toContainEqual(expect.objectContaining({ type: 'welcome' }));
  } finally {
    await redis.del(unneeded);
  }
});

describe('after the registry is lost', () => {
  test('it counts as complete only after live instances had time to reconnect, each time', async () => {
    const pauses: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      await completed();
      const lostAt = Date.now();
      await one.redis.flushdb();
      await completed();
      pauses.push(Date.now() - lostAt);
    }
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1.5 * leaseMs);
  });

  test('an owner misses no update and is registered again', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, newPool());
    await agent.attach(id);
    await one.redis.flushdb();
    const revision = await recordUpdate(two, id);
    expect((await agent.next(isUpdate)).revision).toBe(revision);
    await waitUntil(async () => (await ownerOf(id))['node'] !== null);
  });

  test('the session of an instance that dies is still taken over', async () => {
    const pool = newPool();
    const id = await one.start();
    const agent = await fleet.join(one, pool);
    await agent.attach(id);
    await one.redis.flushdb();
    await waitUntil(async () => (await ownerOf(id))['node'] !== null);
    agent.kill();
    const next = await fleet.join(two, pool);
    expect(await next.next(isAttached)).toMatchObject({ session_id: id, epoch: 2, reason: 'takeover' });
  });
});

test('while Redis hangs, updates reach owners, and new connections get an error and have to retry', async () => {
  const redis = await tcpProxy(redisUrl.href);
  const node = await startTestApp({ leaseMs, redisUrl: redis.url });
  try {
    const id = await one.start();
    const agent = await fleet.join(node, newPool());
    await agent.attach(id);
    redis.delay(Infinity);
    const revision = await recordUpdate(two, id);
    expect((await agent.next(isUpdate)).revision).toBe(revision);
    const late = await fleet.connect(node);
    await expect(late.hello(newPool())).rejects.toThrow('closed with 1013');
    expect(late.frames.at(-1)).toMatchObject({ type: 'error', code: 'engine_unavailable' });
  } finally {
    await redis.restore();
    await node.close();
    await redis.cut();
  }
});
