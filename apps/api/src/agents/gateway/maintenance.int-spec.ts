import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { TcpProxy } from '../../../../../libs/platform/src/testing/tcp-proxy.ts';
import { tcpProxy } from '../../../../../libs/platform/src/testing/tcp-proxy.ts';
import { startTestApp } from '../../test-app.ts';
import type { TestAgent } from '../testing/test-agent.ts';
import type { TestNode } from '../testing/test-support.ts';
import { newPool, TestFleet } from '../testing/test-support.ts';

/** A node with a slow connection to Redis: one session after the other takes longer than a lease. */
const leaseMs = 1_500;
const delayMs = 30;
const sessions = 60;
const fleet = new TestFleet({ leaseMs });
let redis: TcpProxy;
let slow: TestNode;
let two: TestNode;
beforeAll(async () => {
  redis = await tcpProxy(String(process.env['REDIS_URL']));
  slow = await startTestApp({ leaseMs, redisUrl: redis.url });
  two = await fleet.startNode();
});
afterAll(async () => {
  await redis.restore();
  await fleet.close();
  await slow.close();
  await redis.cut();
});

interface Busy {
  readonly agent: TestAgent;
  readonly pool: string;
  readonly ids: readonly string[];
}

/** An instance with many sessions. */
async function busyAgent(node: TestNode): Promise<Busy> {
  const pool = newPool();
  const agent = await fleet.join(node, pool, { capacity: sessions });
  const ids = await Promise.all(Array.from({ length: sessions }, () => two.start()));
  await Promise.all(ids.map((id) => agent.attach(id)));
  return { agent, pool, ids };
}

const ownedKey = ({ pool, agent }: Busy): string => `agents:{${pool}}:owned:${agent.instance}`;

/** Waits until the registry has an instance with all its sessions. */
async function registered(busy: Busy): Promise<void> {
  const key = `agents:{${busy.pool}}:instance:${busy.agent.instance}`;
  const isComplete = async (): Promise<boolean> =>
    (await two.redis.hexists(key, 'conn')) === 1 && (await two.redis.scard(ownedKey(busy))) === sessions + 1;
  await waitUntil(isComplete, { what: 'the registry to have the sessions again' });
}

const losses = {
  'the instance and its sessions': async (busy: Busy) => {
    await two.redis.srem(ownedKey(busy), ...busy.ids);
    await two.redis.del(`agents:{${busy.pool}}:instance:${busy.agent.instance}`);
    await registered(busy);
  },
  'the sessions of an instance': async (busy: Busy) => {
    await two.redis.srem(ownedKey(busy), ...busy.ids);
    await registered(busy);
  },
  'the messages that give an instance sessions': async ({ pool, ids }: Busy) => {
    const next = await fleet.join(slow, pool, { capacity: sessions });
    const given = ids.flatMap((id) => [id, `1 ${next.instance}`]);
    await two.redis.hset(`agents:{${pool}}:sessions`, ...given);
    await two.redis.sadd(`agents:{${pool}}:owned:${next.instance}`, ...ids);
    const taken = (): number => next.frames.filter(({ reason }) => reason === 'takeover').length;
    await waitUntil(() => taken() === sessions, { what: 'the takeovers' });
  },
};

test.each(Object.entries(losses))(
  'other instances of the node keep their sessions while %s are restored',
  async (what, lose) => {
    redis.delay(0);
    const other = await fleet.join(slow, newPool());
    const id = await two.start();
    await other.attach(id);
    const busy = await busyAgent(what.includes('messages') ? two : slow);
    redis.delay(delayMs);
    await lose(busy);
    expect(other.frames.filter(({ type }) => type === 'detached')).toEqual([]);
    const { body } = await two.call('GET', `/v1/sessions/${id}/agent`);
    expect(body).toMatchObject({ status: 'attached', instance: other.instance, epoch: 1 });
  },
);
