import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { TestNode } from './testing/test-support.ts';
import { eventsOf, newPool, TestFleet } from './testing/test-support.ts';

const fleet = new TestFleet({ leaseMs: 1_500 });
let one: TestNode;
let two: TestNode;
let support: string;
beforeAll(async () => {
  [one, two] = await Promise.all([fleet.startNode(), fleet.startNode()]);
});
beforeEach(() => {
  support = newPool();
});
afterAll(() => fleet.close());

describe('an instance that is replaced', () => {
  test('is told the current owner of the session', async () => {
    const id = await one.start();
    const [first, second] = [await fleet.join(one, support), await fleet.join(two, support)];
    expect(await first.attach(id)).toBe(1);
    expect(await second.attach(id)).toBe(2);
    const detached = await first.next((frame) => frame.type === 'detached');
    expect(detached).toMatchObject({ reason: 'replaced', holder: { instance: second.instance, epoch: 2 } });
  });

  test('has its commands refused on any node', async () => {
    const id = await one.start();
    const [first, second] = [await fleet.join(one, support), await fleet.join(two, support)];
    await first.attach(id);
    await second.attach(id);
    const stale = { 'agent-epoch': '1', 'agent-id': first.instance };
    const refused = await one.call('PUT', `/v1/sessions/${id}/flags/late`, {}, stale);
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({
      type: 'https://turnstream.dev/problems/agent_replaced',
      holder: { instance: second.instance, epoch: 2, pool: support },
    });
    const valid = { 'agent-epoch': '2', 'agent-id': second.instance };
    expect((await one.call('PUT', `/v1/sessions/${id}/flags/fine`, {}, valid)).status).toBe(200);
  });

  test('has no command of its old epoch accepted after the new one, even in a race', async () => {
    const id = await one.start();
    const [first, second] = [await fleet.join(one, support), await fleet.join(two, support)];
    await first.attach(id);
    const racing = Array.from({ length: 30 }, (_, n) =>
      (n % 2 ? one : two).call('PUT', `/v1/sessions/${id}/flags/f${n}`, {}, { 'agent-epoch': '1' }),
    );
    await second.attach(id);
    await Promise.all(racing);
    const types = (await eventsOf(one, id)).map(({ type }) => type);
    expect(types.slice(types.lastIndexOf('AgentAttached'))).not.toContain('FlagRaised');
  });

  test('cannot take the session back with its old epoch', async () => {
    const id = await one.start();
    const [first, second] = [await fleet.join(one, support), await fleet.join(two, support)];
    await first.attach(id);
    first.kill();
    await second.attach(id);
    const resume = [{ session_id: id, epoch: 1 }];
    const again = await fleet.join(one, support, { resume }, first.instance);
    const detached = await again.next((frame) => frame.type === 'detached');
    expect(detached).toMatchObject({ reason: 'replaced', holder: { instance: second.instance, epoch: 2 } });
  });
});
