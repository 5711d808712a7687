import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { Frame, TestAgent } from './testing/test-agent.ts';
import type { TestNode } from './testing/test-support.ts';
import { eventsOf, newPool, TestFleet } from './testing/test-support.ts';

/** Sessions of instances that stop in an orderly way. */
const fleet = new TestFleet({ leaseMs: 1_200 });
let one: TestNode;
let two: TestNode;
beforeAll(async () => {
  [one, two] = await Promise.all([fleet.startNode(), fleet.startNode()]);
});
afterAll(() => fleet.close());

const isDrained = ({ type }: Frame): boolean => type === 'drained';

async function ownerOf(id: string): Promise<Readonly<Record<string, unknown>>> {
  return (await two.call('GET', `/v1/sessions/${id}/agent`)).body;
}

describe('an instance that drains', () => {
  test('gives each session to the instance with the least load relative to its capacity', async () => {
    const pool = newPool();
    const leaving = await fleet.join(one, pool);
    for (let n = 0; n < 2; n += 1) await leaving.attach(await one.start());
    // Their loads: one half, one quarter, one fifth.
    const others: TestAgent[] = [];
    for (const [capacity, sessions] of [[2, 1] as const, [4, 1] as const, [10, 2] as const]) {
      const other = await fleet.join(two, pool, { capacity });
      for (let n = 0; n < sessions; n += 1) await other.attach(await one.start());
      others.push(other);
    }
    leaving.send({ type: 'drain' });
    await leaving.next(isDrained);
    const taken = (): number[] =>
      others.map(({ frames }) => frames.filter(({ reason }) => reason === 'takeover').length);
    await waitUntil(() => taken().reduce((sum, n) => sum + n) === 2);
    expect(taken()).toEqual([0, 1, 1]);
  });

  test('is released only after its sessions have another owner', async () => {
    const pool = newPool();
    const ids = [await one.start(), await one.start()];
    const leaving = await fleet.join(one, pool);
    for (const id of ids) await leaving.attach(id);
    const staying = await fleet.join(two, pool);
    leaving.send({ type: 'drain' });
    await leaving.next(isDrained);
    const owners = await Promise.all(ids.map(async (id) => (await ownerOf(id))['instance']));
    expect(owners).toEqual([staying.instance, staying.instance]);
  });

  test('is listed as draining, without sessions', async () => {
    const pool = newPool();
    const leaving = await fleet.join(one, pool);
    await leaving.attach(await one.start());
    const staying = await fleet.join(two, pool);
    leaving.send({ type: 'drain' });
    await leaving.next(isDrained);
    await staying.attach(await one.start());
    const { body } = await one.call('GET', `/v1/agents?pool=${pool}`);
    expect(body['agents']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ instance: leaving.instance, draining: true, sessions: 0 }),
      ]),
    );
  });

  test('leaves its sessions waiting when it is the only one of its pool', async () => {
    const pool = newPool();
    const id = await one.start();
    const leaving = await fleet.join(one, pool);
    await leaving.attach(id);
    leaving.send({ type: 'drain' });
    await leaving.next(isDrained);
    const detached = (await eventsOf(one, id)).find(({ type }) => type === 'AgentDetached');
    expect(detached).toMatchObject({ data: { reason: 'drained', pool } });
  });

  test('cannot attach a session', async () => {
    const leaving = await fleet.join(one, newPool());
    leaving.send({ type: 'drain' });
    await leaving.next(isDrained);
    const session_id = await one.start();
    leaving.send({ type: 'attach', session_id });
    expect(await leaving.next(({ type }) => type === 'error')).toMatchObject({
      code: 'draining',
      session_id,
    });
  });

  test('and reconnects hands over the sessions that it resumes', async () => {
    const pool = newPool();
    const id = await one.start();
    const before = await fleet.join(one, pool);
    const epoch = await before.attach(id);
    before.kill();
    const resume = [{ session_id: id, epoch }];
    const leaving = await fleet.join(two, pool, { draining: true, resume }, before.instance);
    await leaving.next(isDrained);
    expect(await ownerOf(id)).toMatchObject({ status: 'waiting', epoch });
  });
});

test('instances that drain together leave all sessions waiting, and take none from each other', async () => {
  const pool = newPool();
  const [first, second] = [await fleet.join(one, pool), await fleet.join(two, pool)];
  const ids: string[] = [];
  for (let n = 0; n < 8; n += 1) {
    const id = await one.start();
    await (n % 2 === 0 ? first : second).attach(id);
    ids.push(id);
  }
  for (const agent of [first, second]) agent.send({ type: 'drain' });
  // Both stay connected and send heartbeats: no lease ends.
  await Promise.all([first, second].map((agent) => agent.next(isDrained)));
  const owners = async (): Promise<unknown[]> =>
    Promise.all(ids.map(async (id) => (await ownerOf(id))['status']));
  await waitUntil(async () => (await owners()).every((status) => status === 'waiting'));
  const third = await fleet.join(one, pool);
  const taken = (): unknown[] =>
    third.frames.flatMap(({ type, session_id }) => (type === 'attached' ? [session_id] : []));
  await waitUntil(() => taken().length === ids.length);
  expect(taken()).toEqual(expect.arrayContaining(ids));
});
