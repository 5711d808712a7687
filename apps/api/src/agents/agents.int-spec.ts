import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';
import { eventsOf, killAll, join, news, until } from './test-support.ts';

/** Two api nodes over the same engines, and agents that speak the frames by hand. */
let one: TestApp;
let two: TestApp;
const leaseMs = 1_500;
jest.setTimeout(20_000);

beforeAll(async () => {
  [one, two] = await Promise.all([startTestApp({ leaseMs }), startTestApp({ leaseMs })]);
});
/** Each test has a pool of its own, so that no other's sessions come to its agents. */
let support: string;
beforeEach(() => {
  support = `support-${randomUUID()}`;
});
afterAll(async () => {
  killAll();
  await Promise.all([one.close(), two.close()]);
});

describe('an agent that holds a session', () => {
  test('hears of what others did, whichever node they did it on, in order and once', async () => {
    const id = await one.start();
    const agent = await join(one, support);
    expect(await agent.attach(id)).toBe(1);
    const revisions = [];
    for (let n = 0; n < 6; n += 1) revisions.push(await news(n % 2 === 0 ? one : two, id));
    await until(() => agent.updates(id).length === 6);
    expect(agent.updates(id).map(({ revision }) => revision)).toEqual(revisions);
  });

  test('does not hear of what it did itself, unless it asked to', async () => {
    const id = await one.start();
    const agent = await join(one, support);
    const epoch = await agent.attach(id);
    const own = { 'agent-id': agent.instance };
    await two.call('PUT', `/v1/sessions/${id}/flags/mine`, {}, own);
    await two.call('PUT', `/v1/sessions/${id}/flags/fenced`, {}, { 'agent-epoch': String(epoch) });
    const revision = await news(two, id);
    const update = await agent.next((frame) => frame.type === 'update');
    expect(update).toMatchObject({ revision, event: { type: 'ExternalUpdateRecorded' } });

    const other = await one.start();
    const echoing = await join(two, support, { echo: true });
    await echoing.attach(other);
    await two.call('PUT', `/v1/sessions/${other}/flags/mine`, {}, { 'agent-id': echoing.instance });
    await echoing.next((frame) => frame.event?.type === 'FlagRaised');
  });

  test('acknowledges, which becomes part of the history, in few events', async () => {
    const id = await one.start();
    const agent = await join(one, support);
    await agent.attach(id);
    const revisions: number[] = [];
    for (let n = 0; n < 10; n += 1) revisions.push(await news(one, id));
    await until(() => agent.updates(id).length === 10);
    for (const revision of revisions) agent.ack(id, revision);
    await agent.next((frame) => frame.type === 'acknowledged' && frame['up_to'] === revisions.at(-1));
    const acks = (await eventsOf(one, id)).filter(({ type }) => type === 'UpdateAcknowledged');
    expect(acks.length).toBeLessThanOrEqual(3);
    const updates = acks.flatMap(({ data }) => data['updates'] as { revision: number; latency_ms: number }[]);
    expect(updates.map(({ revision }) => revision)).toEqual(revisions);
    expect(updates.every(({ latency_ms }) => latency_ms >= 0 && latency_ms < 8_000)).toBe(true);
    await sleep(300);
    expect(agent.updates(id)).toHaveLength(10);
  });

  test('goes on after a broken connection from what it acknowledged, on any node', async () => {
    const id = await one.start();
    const agent = await join(one, support);
    const epoch = await agent.attach(id);
    const first = await news(one, id);
    const second = await news(one, id);
    await until(() => agent.updates(id).length === 2);
    agent.ack(id, first);
    await agent.next((frame) => frame.type === 'acknowledged');
    agent.kill();
    const third = await news(one, id);
    const resume = [{ session_id: id, epoch }];
    const again = await join(two, support, { resume }, agent.instance);
    await until(() => again.updates(id).length === 2);
    expect(again.updates(id).map(({ revision }) => revision)).toEqual([second, third]);
    expect(again.frames.find(({ type }) => type === 'attached')).toMatchObject({ epoch, reason: 'resumed' });
  });

  test('is held back when it does not acknowledge; the rest waits in the stream', async () => {
    const id = await one.start();
    const agent = await join(one, support);
    await agent.attach(id);
    for (let n = 0; n < 80; n += 1) await news(one, id);
    await until(() => agent.updates(id).length === 64);
    await sleep(100);
    expect(agent.updates(id)).toHaveLength(64);
    agent.ack(id, Number(agent.updates(id).at(-1)?.revision));
    await until(() => agent.updates(id).length === 80);
  });

  test('is told when the session is over, and let go', async () => {
    const id = await one.start();
    const agent = await join(one, support);
    await agent.attach(id);
    await two.call('POST', `/v1/sessions/${id}/end`, {});
    const update = await agent.next((frame) => frame.event?.type === 'SessionEnded');
    agent.ack(id, Number(update.revision));
    const detached = await agent.next((frame) => frame.type === 'detached');
    expect(detached.reason).toBe('session_over');
  });
});

describe('an instance that is replaced', () => {
  test('is told so, and its commands are refused on any node, with who holds the session now', async () => {
    const id = await one.start();
    const [first, second] = [await join(one, support), await join(two, support)];
    expect(await first.attach(id)).toBe(1);
    expect(await second.attach(id)).toBe(2);
    const detached = await first.next((frame) => frame.type === 'detached');
    expect(detached).toMatchObject({ reason: 'replaced', holder: { instance: second.instance, epoch: 2 } });
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

  test('is refused in a race too: no command of an old epoch comes after the new one', async () => {
    const id = await one.start();
    const [first, second] = [await join(one, support), await join(two, support)];
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
    const [first, second] = [await join(one, support), await join(two, support)];
    await first.attach(id);
    first.kill();
    await second.attach(id);
    const resume = [{ session_id: id, epoch: 1 }];
    const again = await join(one, support, { resume }, first.instance);
    const detached = await again.next((frame) => frame.type === 'detached');
    expect(detached).toMatchObject({ reason: 'replaced', holder: { instance: second.instance, epoch: 2 } });
  });
});
