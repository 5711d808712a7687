import { afterAll, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { newPool, TestFleet } from './testing/test-support.ts';

/** Uses its own Redis database: nodes that are not suspended rightly take over the sessions. */
const leaseMs = 4_000;
const redisUrl = new URL(String(process.env['REDIS_URL']));
redisUrl.pathname = '/14';
const fleet = new TestFleet({ leaseMs, redisUrl: redisUrl.href });
afterAll(() => fleet.close());

test('an instance keeps its connection and its sessions when all nodes were suspended for longer than a lease', async () => {
  const [one, two] = await Promise.all([fleet.startNode(), fleet.startNode()]);
  const id = await one.start();
  const agent = await fleet.join(one, newPool());
  await agent.attach(id);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1.5 * leaseMs);
  const since = Date.now();
  const received = agent.frames.length;
  // By then leases are being checked again.
  await waitUntil(() => agent.frames.length > received + 2 && Date.now() > since + leaseMs);
  const { body } = await two.call('GET', `/v1/sessions/${id}/agent`);
  expect(body).toMatchObject({ status: 'attached', instance: agent.instance, epoch: 1 });
  expect(agent.closed).toBeUndefined();
});
