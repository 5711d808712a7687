import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { sessionStream } from '#sessions';
import type { Frame, TestAgent } from './testing/test-agent.ts';
import type { TestNode } from './testing/test-support.ts';
import { eventsOf, newPool, recordUpdate, TestFleet } from './testing/test-support.ts';

/** One session of an agent cannot be folded any more: the agent's other sessions go on. */
const fleet = new TestFleet({ leaseMs: 3_000, unansweredHandoffS: 1 });
let one: TestNode;
let two: TestNode;
let pool: string;
beforeAll(async () => {
  [one, two] = await Promise.all([fleet.startNode(), fleet.startNode()]);
});
beforeEach(() => {
  pool = newPool();
});
afterAll(() => fleet.close());

/** Appends an event of a newer version to a session at a revision. */
async function setAside(id: string, revision: number): Promise<void> {
  const event = { event_id: randomUUID(), type: 'GoalSet', data: {}, metadata: { schema_version: 99 } };
  const appended = await one.store.append(sessionStream(id), [one.store.codec.encode(event)], revision);
  expect(appended).toMatchObject({ appended: true });
}

/** Two sessions of an agent, the first of them set aside. */
async function attachedTo(agent: TestAgent): Promise<[string, string]> {
  const ids: [string, string] = [await one.start(), await one.start()];
  for (const id of ids) await agent.attach(id);
  await setAside(ids[0], 1);
  return ids;
}

const attached =
  (id: string) =>
  ({ type, session_id }: Frame): boolean =>
    type === 'attached' && session_id === id;

/** Waits for a handoff of a session; resolves to how many were requested. */
async function handoffs(id: string): Promise<number> {
  const count = async (): Promise<number> =>
    (await eventsOf(one, id)).filter(({ type }) => type === 'HandoffRequested').length;
  await waitUntil(async () => (await count()) > 0, { what: 'a handoff' });
  return count();
}

test('an instance that reconnects resumes its other sessions', async () => {
  const before = await fleet.join(one, pool);
  const [broken, sound] = await attachedTo(before);
  before.kill();
  const resume = [broken, sound].map((session_id) => ({ session_id, epoch: 1, after: 1 }));
  const after = await fleet.join(two, pool, { resume }, before.instance);
  expect(await after.next(attached(sound))).toMatchObject({ reason: 'resumed' });
  const error = await after.next(({ type }) => type === 'error');
  expect(error).toMatchObject({ code: 'session_set_aside', session_id: broken, event_type: 'GoalSet' });
  await recordUpdate(one, sound);
  await after.updateRevisions(sound, 1);
});

test('an instance that comes back without its sessions is given the others', async () => {
  const before = await fleet.join(one, pool);
  const [, sound] = await attachedTo(before);
  before.kill();
  const after = await fleet.join(two, pool, {}, before.instance);
  expect(await after.next(attached(sound))).toMatchObject({ reason: 'takeover' });
});

test('an update that an agent leaves unanswered in another session leads to a handoff', async () => {
  const agent = await fleet.join(one, pool);
  const ids: [string, string] = [await one.start(), await one.start()];
  for (const id of ids) {
    await agent.attach(id);
    await recordUpdate(one, id);
    await agent.updateRevisions(id, 1);
  }
  await setAside(ids[0], 2);
  expect(await handoffs(ids[1])).toBe(1);
});

test('another session that waits for an agent leads to a handoff', async () => {
  const agent = await fleet.join(one, pool);
  const [, sound] = await attachedTo(agent);
  agent.kill();
  expect(await handoffs(sound)).toBe(1);
});
