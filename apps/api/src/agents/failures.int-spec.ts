import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';
import type { SpecAgent } from './test-agent.ts';
import { connect, eventsOf, join, killAll, news, until } from './test-support.ts';

/** What happens when agent instances or api nodes fail. A Redis database of its own, since it is emptied. */
let one: TestApp;
let two: TestApp;
const leaseMs = 1_200;
jest.setTimeout(30_000);

beforeAll(async () => {
  const redis = new URL(String(process.env['REDIS_URL']));
  redis.pathname = '/9';
  const options = { leaseMs, redisUrl: redis.href, unansweredHandoffS: 1 };
  [one, two] = await Promise.all([startTestApp(options), startTestApp(options)]);
});
afterAll(async () => {
  killAll();
  await Promise.all([one.close(), two.close()]);
});

const pool = (): string => `pool-${randomUUID()}`;

describe('an instance that dies or hangs', () => {
  test.each(['kill', 'hang'] as const)(
    '(%s) loses its sessions to the least loaded of its pool',
    async (how) => {
      const name = pool();
      const [id, other] = [await one.start(), await one.start()];
      const dead = await join(one, name);
      const busy = await join(two, name);
      const idle = await join(two, name);
      const stranger = await join(two, pool());
      await dead.attach(id);
      await busy.attach(other);
      const before = await news(one, id);
      await dead.next((frame) => frame.type === 'update');
      dead[how]();
      const at = Date.now();
      const during = await news(one, id);
      const attached = await idle.next((frame) => frame.type === 'attached');
      expect(Date.now() - at).toBeLessThan(leaseMs + 2_000);
      expect(attached).toMatchObject({ session_id: id, epoch: 2, reason: 'takeover' });
      const heard = (): unknown[] =>
        idle
          .updates(id)
          .flatMap(({ event }) => (event?.type === 'HandoffRequested' ? [] : [event?.revision]));
      await until(() => heard().length === 2);
      expect(heard()).toEqual([before, during]);
      expect([...busy.updates(id), ...stranger.updates(id)]).toEqual([]);
      const stale = await two.call('PUT', `/v1/sessions/${id}/flags/late`, {}, { 'agent-epoch': '1' });
      expect(stale).toMatchObject({ status: 409, body: { holder: { instance: idle.instance } } });
    },
  );

  test('leaves its sessions waiting when there is no other; the next to join takes them', async () => {
    const name = pool();
    const id = await one.start();
    const dead = await join(one, name);
    await dead.attach(id);
    dead.kill();
    const agentOf = async (): Promise<unknown> => (await two.call('GET', `/v1/sessions/${id}/agent`)).body;
    await until(async () => ((await agentOf()) as { status: string }).status === 'waiting');
    const refused = await two.call('PUT', `/v1/sessions/${id}/flags/late`, {}, { 'agent-epoch': '1' });
    expect(refused).toMatchObject({ status: 409, body: { holder: { instance: null, epoch: 1 } } });
    const revision = await news(one, id);
    await until(async () => (await eventsOf(one, id)).some(({ type }) => type === 'HandoffRequested'));
    const next = await join(two, name);
    await next.next((frame) => frame.type === 'attached' && frame.epoch === 2);
    const update = await next.next((frame) => frame.type === 'update');
    expect(update.revision).toBe(revision);
    expect(await agentOf()).toMatchObject({ status: 'attached', instance: next.instance, epoch: 2 });
    const handoffs = (await eventsOf(one, id)).filter(({ type }) => type === 'HandoffRequested');
    expect(handoffs).toHaveLength(1);
  });

  test('leaves a session that ends while it waits to nobody', async () => {
    const name = pool();
    const id = await one.start();
    const leaving = await join(one, name);
    await leaving.attach(id);
    const waiting = async (): Promise<unknown> =>
      (await one.call('GET', `/v1/agents?pool=${name}`)).body['waiting'];
    leaving.send({ type: 'drain' });
    await leaving.next((frame) => frame.type === 'drained');
    expect(await waiting()).toEqual([{ pool: name, sessions: 1 }]);
    await two.call('POST', `/v1/sessions/${id}/end`, {});
    await until(
      async () => JSON.stringify(await waiting()) !== JSON.stringify([{ pool: name, sessions: 1 }]),
    );
  });

  test('gives no more to an instance than it has room for', async () => {
    const name = pool();
    const ids = [await one.start(), await one.start(), await one.start()];
    const dead = await join(one, name);
    for (const id of ids) await dead.attach(id);
    const small = await join(one, name, { capacity: 2 });
    dead.kill();
    await until(() => small.frames.filter(({ type }) => type === 'attached').length === 2);
    await until(async () => {
      const { body } = await one.call('GET', `/v1/agents?pool=${name}`);
      return JSON.stringify(body['waiting']) === JSON.stringify([{ pool: name, sessions: 1 }]);
    });
    small.send({ type: 'attach', session_id: await one.start() });
    await small.next((frame) => frame.type === 'error' && frame.code === 'at_capacity');
    small.send({
      type: 'detach',
      session_id: small.frames.find(({ type }) => type === 'attached')?.session_id,
    });
    await until(() => small.frames.filter(({ type }) => type === 'attached').length === 3);
    expect(small.frames.filter(({ type }) => type === 'detached')).toHaveLength(1);
  });
});

test('an update that the holder leaves unanswered asks for a handoff', async () => {
  const id = await one.start();
  const agent = await join(one, pool());
  await agent.attach(id);
  await news(two, id);
  await agent.next((frame) => frame.event?.type === 'HandoffRequested');
  const { body } = await two.call('GET', `/v1/sessions/${id}/context`);
  expect(body['conversation_flags']).toMatchObject({ handoff: 'requested' });
  const handoffs = (await eventsOf(one, id)).filter(({ type }) => type === 'HandoffRequested');
  expect(handoffs).toHaveLength(1);
});

describe('an instance that drains', () => {
  test('gives each session to the instance that is the least loaded then, for its capacity', async () => {
    const name = pool();
    const leaving = await join(one, name);
    for (let n = 0; n < 2; n += 1) await leaving.attach(await one.start());
    // Their loads: a half, a quarter, a fifth.
    const others: SpecAgent[] = [];
    for (const [capacity, sessions] of [[2, 1] as const, [4, 1] as const, [10, 2] as const]) {
      const other = await join(two, name, { capacity });
      for (let n = 0; n < sessions; n += 1) await other.attach(await one.start());
      others.push(other);
    }
    leaving.send({ type: 'drain' });
    await leaving.next((frame) => frame.type === 'drained');
    const taken = (): number[] =>
      others.map(({ frames }) => frames.filter(({ reason }) => reason === 'takeover').length);
    await until(() => taken().reduce((sum, n) => sum + n) === 2);
    expect(taken()).toEqual([0, 1, 1]);
  });

  test('hands its sessions over before it is told that it may go', async () => {
    const name = pool();
    const ids = [await one.start(), await one.start()];
    const leaving = await join(one, name);
    for (const id of ids) await leaving.attach(id);
    const staying = await join(two, name);
    leaving.send({ type: 'drain' });
    await leaving.next((frame) => frame.type === 'drained');
    expect(staying.frames.filter(({ type }) => type === 'attached')).toHaveLength(2);
    const newer = await one.start();
    await staying.attach(newer);
    const { body } = await one.call('GET', `/v1/agents?pool=${name}`);
    expect(body['agents']).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ instance: leaving.instance, draining: true, sessions: 0 }),
      ]),
    );
  });

  test('leaves them waiting when nobody else is there', async () => {
    const name = pool();
    const id = await one.start();
    const leaving = await join(one, name);
    await leaving.attach(id);
    leaving.send({ type: 'drain' });
    await leaving.next((frame) => frame.type === 'drained');
    const detached = (await eventsOf(one, id)).at(-1);
    expect(detached).toMatchObject({ type: 'AgentDetached', data: { reason: 'drained', pool: name } });
  });
});

describe('the registry', () => {
  test('is lost without harm: holders are known again, nothing is missed, waiting sessions are found', async () => {
    const name = pool();
    const id = await one.start();
    const agent = await join(one, name);
    await agent.attach(id);
    await one.redis.flushdb();
    const revision = await news(two, id);
    const update = await agent.next((frame) => frame.type === 'update');
    expect(update.revision).toBe(revision);
    await until(async () => {
      const { body } = await two.call('GET', `/v1/sessions/${id}/agent`);
      return body['node'] !== null;
    });
    agent.kill();
    const next = await join(two, name);
    await next.next((frame) => frame.type === 'attached' && frame.epoch === 2);
  });
});

describe('an api node that stops', () => {
  test('sends its agents to others, where they go on', async () => {
    const redis = new URL(String(process.env['REDIS_URL']));
    redis.pathname = '/9';
    const three = await startTestApp({ leaseMs, redisUrl: redis.href });
    const id = await three.start();
    const agent = await join(three, pool());
    const epoch = await agent.attach(id);
    await three.close();
    expect(await agent.isClosed()).toBe(1012);
    const resume = [{ session_id: id, epoch }];
    const again = await join(one, pool(), { resume }, agent.instance);
    const revision = await news(two, id);
    expect((await again.next((frame) => frame.type === 'update')).revision).toBe(revision);
  });
});

describe('a connection', () => {
  test('is superseded by a newer one of the same instance', async () => {
    const name = pool();
    const agent = await join(one, name);
    await join(two, name, {}, agent.instance);
    expect(await agent.isClosed()).toBe(4409);
  });

  test('is not superseded by an older hello, which a node that hung reads late', async () => {
    const name = pool();
    const agent = await join(one, name, { attempt: 8 });
    const late = await connect(two, agent.instance);
    late.send({ type: 'hello', instance: agent.instance, pool: name, capacity: 1, attempt: 7 });
    expect(await late.isClosed()).toBe(4409);
    expect(agent.closed).toBeUndefined();
  });

  test('is closed when its frames cannot be understood', async () => {
    const agent = await join(one, pool());
    agent.send({ type: 'attach', session_id: 'x' });
    expect(await agent.isClosed()).toBe(4400);
    expect(agent.frames.at(-1)).toMatchObject({ type: 'error', code: 'bad_frame' });
  });

  test('is cut off when nobody reads, while it still sends heartbeats; the updates wait', async () => {
    const id = await one.start();
    const name = pool();
    const agent = await join(one, name);
    const epoch = await agent.attach(id);
    agent.socket.pause();
    const revision = await news(one, id);
    await sleep(2.5 * leaseMs);
    agent.socket.resume();
    expect(await agent.isClosed()).toBeGreaterThan(0);
    const again = await join(two, name, { resume: [{ session_id: id, epoch }] }, agent.instance);
    const update = await again.next((frame) => frame.type === 'update');
    expect(update.revision).toBe(revision);
  });
});
