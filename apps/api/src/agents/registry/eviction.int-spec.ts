import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { TestAgent } from '../testing/test-agent.ts';
import { TestRows } from '../testing/test-rows.ts';
import type { TestNode } from '../testing/test-support.ts';
import { newPool, TestFleet } from '../testing/test-support.ts';

/** Redis evicts keys of the registry. */
const fleet = new TestFleet({ leaseMs: 1_200 });
const rows = new TestRows();
let one: TestNode;
let two: TestNode;
beforeAll(async () => {
  [one, two] = await Promise.all([fleet.startNode(), fleet.startNode()]);
});
afterAll(async () => {
  await fleet.close();
  await rows.close();
});

async function attachedAgent(pool: string): Promise<{ id: string; agent: TestAgent }> {
  const id = await one.start();
  const agent = await fleet.join(one, pool);
  await agent.attach(id);
  return { id, agent };
}

async function waitingSession(pool: string, hasRow = true): Promise<string> {
  const { id, agent } = await attachedAgent(pool);
  agent.send({ type: 'drain' });
  await agent.next(({ type }) => type === 'drained');
  agent.kill();
  if (hasRow) await rows.add(id, null, pool);
  return id;
}

const isTakeoverOf =
  (id: string) =>
  ({ type, session_id }: { type: string; session_id?: string }): boolean =>
    type === 'attached' && session_id === id;

const keys = (pool: string, instance: string): Record<string, string> => ({
  pools: 'agents:pools',
  leases: `agents:{${pool}}:leases`,
  load: `agents:{${pool}}:load`,
  sessions: `agents:{${pool}}:sessions`,
  waiting: `agents:{${pool}}:waiting`,
  unanswered: `agents:{${pool}}:unanswered`,
  instance: `agents:{${pool}}:instance:${instance}`,
  owned: `agents:{${pool}}:owned:${instance}`,
});
const names = Object.keys(keys('', ''));

test.each(names)('a session whose owner dies is taken over although %s was evicted', async (name) => {
  const pool = newPool();
  const { id, agent } = await attachedAgent(pool);
  await rows.add(id, agent.instance, pool);
  agent.kill();
  await one.redis.del(keys(pool, agent.instance)[name] ?? '');
  const next = await fleet.join(two, pool);
  expect(await next.next(isTakeoverOf(id))).toMatchObject({ epoch: 2, reason: 'takeover' });
});

test.each(names)('a session that waits is taken over although %s was evicted', async (name) => {
  const pool = newPool();
  const id = await waitingSession(pool);
  await one.redis.del(keys(pool, 'none')[name] ?? '');
  const next = await fleet.join(two, pool);
  expect(await next.next(isTakeoverOf(id))).toMatchObject({ epoch: 2, reason: 'takeover' });
});

test.each(['pools', 'waiting', 'sessions'])(
  'a session that waits is taken over although %s was evicted while the registry was completed',
  async (name) => {
    const pool = newPool();
    const id = await waitingSession(pool, false);
    const { unanswered = '', [name]: key = '' } = keys(pool, 'none');
    // Only a recovery that starts over after the loss finds the row.
    await rows.lockedBeforeAdding(id, pool, async () => {
      await one.redis.del(unanswered);
      const hasBegun = async () => (await one.redis.zscore(unanswered, '')) !== null;
      await waitUntil(hasBegun, { what: 'the registry to be completed' });
      await one.redis.del(key);
    });
    const next = await fleet.join(two, pool);
    expect(await next.next(isTakeoverOf(id))).toMatchObject({ epoch: 2, reason: 'takeover' });
  },
);

test.each(names)('an owner that is connected keeps its session although %s was evicted', async (name) => {
  const pool = newPool();
  const { id, agent } = await attachedAgent(pool);
  await rows.add(id, agent.instance, pool);
  const key = keys(pool, agent.instance)[name] ?? '';
  await one.redis.del(key);
  // The keys of waiting sessions come back with only their marker.
  await waitUntil(async () => (await one.redis.exists(key)) === 1, { what: `${name} to come back` });
  const { body } = await two.call('GET', `/v1/sessions/${id}/agent`);
  expect(body).toMatchObject({ status: 'attached', instance: agent.instance, epoch: 1 });
});

test('an instance that joins another pool takes its sessions along', async () => {
  const pool = newPool();
  const { id, agent } = await attachedAgent(pool);
  agent.kill();
  const other = newPool();
  const again = await fleet.join(two, other, {}, agent.instance);
  await again.next(isTakeoverOf(id));
  const { body } = await one.call('GET', `/v1/sessions/${id}/agent`);
  expect(body).toMatchObject({ pool: other, instance: agent.instance });
  expect(await one.redis.hexists(`agents:{${pool}}:sessions`, id)).toBe(0);
});

test('a session that an instance of another pool attaches leaves its pool', async () => {
  const pool = newPool();
  const { id } = await attachedAgent(pool);
  const other = await fleet.join(two, newPool());
  expect(await other.attach(id)).toBe(2);
  await waitUntil(async () => (await one.redis.hexists(`agents:{${pool}}:sessions`, id)) === 0);
});
