import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { Frame, TestAgent } from '../testing/test-agent.ts';
import type { TestNode } from '../testing/test-support.ts';
import { metricOf, newPool, recordUpdate, TestFleet } from '../testing/test-support.ts';

/** When and why connections end. */
const leaseMs = 1_200;
const fleet = new TestFleet({ leaseMs });
let one: TestNode;
let two: TestNode;
beforeAll(async () => {
  [one, two] = await Promise.all([fleet.startNode(), fleet.startNode()]);
});
afterAll(() => fleet.close());

const isUpdate = ({ type }: Frame): boolean => type === 'update';

/** The agent stops reading; resolves once a connection was closed for that reason. */
async function stopReading(agent: TestAgent, sessionId: string): Promise<number> {
  const closed = (): Promise<number> => metricOf(one, 'agent_slow_readers_closed_total');
  const before = await closed();
  agent.stopReading();
  const revision = await recordUpdate(one, sessionId);
  await waitUntil(async () => (await closed()) > before, { what: 'the end of a slow reader' });
  return revision;
}

test('a node that stops sends its agents to others, where they continue', async () => {
  const three = await fleet.startNode();
  const id = await three.start();
  const agent = await fleet.join(three, newPool());
  const epoch = await agent.attach(id);
  await three.close();
  expect(await agent.closeCode()).toBe(1012);
  const resume = [{ session_id: id, epoch }];
  const again = await fleet.join(one, newPool(), { resume }, agent.instance);
  const revision = await recordUpdate(two, id);
  expect((await again.next(isUpdate)).revision).toBe(revision);
});

test('no frame is counted once all are processed', async () => {
  const agent = await fleet.join(one, newPool());
  await Promise.all(Array.from({ length: 10 }, async () => agent.attach(await one.start())));
  await waitUntil(async () => (await metricOf(one, 'agent_frames_waiting')) === 0);
  expect(agent.closed).toBeUndefined();
});

describe('a connection', () => {
  test('is superseded by a newer one of the same instance', async () => {
    const pool = newPool();
    const agent = await fleet.join(one, pool);
    await fleet.join(two, pool, {}, agent.instance);
    expect(await agent.closeCode()).toBe(4409);
  });

  test('is not superseded by an older hello, which a node that hung reads late', async () => {
    const pool = newPool();
    const agent = await fleet.join(one, pool, { attempt: 8 });
    const late = await fleet.connect(two, agent.instance);
    late.send({ type: 'hello', instance: agent.instance, pool, capacity: 1, attempt: 7 });
    expect(await late.closeCode()).toBe(4409);
    expect(late.frames).toMatchObject([{ type: 'error', code: 'stale_attempt', attempt: 8 }]);
    expect(agent.closed).toBeUndefined();
  });

  test('is closed when its instance sends nothing for a lease', async () => {
    const agent = await fleet.join(one, newPool());
    agent.stopHeartbeat();
    expect(await agent.closeCode()).toBe(4408);
  });

  test('is closed by a frame that cannot be understood', async () => {
    const agent = await fleet.join(one, newPool());
    agent.send({ type: 'attach', session_id: 'x' });
    expect(await agent.closeCode()).toBe(4400);
    expect(agent.frames.at(-1)).toMatchObject({ type: 'error', code: 'bad_frame' });
  });

  test('is closed by a second hello', async () => {
    const agent = await fleet.join(one, newPool());
    agent.send({ type: 'hello', instance: agent.instance, pool: newPool(), capacity: 1 });
    expect(await agent.closeCode()).toBe(4400);
  });

  test.each(['drain', 'heartbeat'])('is closed when its first frame is a %s', async (type) => {
    const agent = await fleet.connect(one);
    agent.send({ type });
    expect(await agent.closeCode()).toBe(4400);
    const detail = 'the first frame must be a hello';
    expect(agent.frames).toMatchObject([{ type: 'error', code: 'bad_frame', detail }]);
  });
});

test('the lease of an instance is renewed as before when the clock of its node is set back', async () => {
  const pool = newPool();
  const agent = await fleet.join(one, pool);
  const lease = async (): Promise<number> =>
    Number(await one.redis.zscore(`agents:{${pool}}:leases`, agent.instance));
  const renewedBy = async (ms: number): Promise<void> => {
    const before = await lease();
    await waitUntil(async () => (await lease()) > before + ms, { what: 'renewals of the lease' });
  };
  await renewedBy(0);
  const { now } = Date;
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() - 3_600_000);
  try {
    await renewedBy(leaseMs);
  } finally {
    clock.mockRestore();
  }
  expect(await lease()).toBeLessThanOrEqual(Date.now() + leaseMs);
  expect(agent.closed).toBeUndefined();
});

describe('an instance that sends heartbeats but does not read', () => {
  test('is disconnected because of one small update, however much the kernels buffer', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, newPool());
    await agent.attach(id);
    await stopReading(agent, id);
    agent.socket.resume();
    expect(await agent.closeCode()).toBeGreaterThan(0);
  });

  test('receives the update after it has reconnected', async () => {
    const id = await one.start();
    const pool = newPool();
    const agent = await fleet.join(one, pool);
    const epoch = await agent.attach(id);
    const revision = await stopReading(agent, id);
    const resume = [{ session_id: id, epoch }];
    const again = await fleet.join(two, pool, { resume }, agent.instance);
    expect((await again.next(isUpdate)).revision).toBe(revision);
  });

  test('does not disturb one that reads but leaves its updates unacknowledged', async () => {
    const [id, other] = [await one.start(), await one.start()];
    const reading = await fleet.join(one, newPool());
    await reading.attach(other);
    await recordUpdate(one, other);
    await reading.next(isUpdate);
    const agent = await fleet.join(one, newPool());
    await agent.attach(id);
    await stopReading(agent, id);
    expect(reading.closed).toBeUndefined();
  });
});
