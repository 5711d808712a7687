import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SessionCommand } from '#domain';
import { waitUntil } from '#platform';
import type { TestNode } from './testing/test-support.ts';
import { metricOf, newPool, recordUpdate, TestFleet } from './testing/test-support.ts';

const fleet = new TestFleet({ cell: { own: 'a', first: 'a' } });
let node: TestNode;
beforeAll(async () => {
  node = await fleet.startNode();
});
afterAll(() => fleet.close());

async function execute(sessionId: string, command: SessionCommand): Promise<void> {
  const actor = { role: 'system', id: 'cells' } as const;
  await node.executor.execute({ sessionId, commands: [command], actor, commandIds: [], body: {} });
}

/** Resolves to the id of the move. */
async function move(id: string): Promise<string> {
  const move_id = randomUUID();
  await execute(id, { type: 'MoveSession', move_id, from: 'a', to: 'b' });
  return move_id;
}

/** Waits until the registry of a pool does not know a session. */
async function leftPool(id: string, pool: string): Promise<void> {
  const isGone = async (): Promise<boolean> =>
    (await node.redis.hexists(`agents:{${pool}}:sessions`, id)) === 0;
  await waitUntil(isGone, { what: 'the session to leave the registry' });
}

/** A session that waits in a pool. */
async function waitingSession(pool: string): Promise<string> {
  const id = await node.start();
  const leaving = await fleet.join(node, pool);
  await leaving.attach(id);
  leaving.send({ type: 'drain' });
  await leaving.next(({ type }) => type === 'drained');
  leaving.kill();
  return id;
}

test('a session that moves is held no more: its owner is told where it goes, and cannot take it here again', async () => {
  const id = await node.start();
  const agent = await fleet.join(node, newPool());
  const epoch = await agent.attach(id);
  const unacknowledged = await recordUpdate(node, id);
  await agent.next(({ type, revision }) => type === 'update' && revision === unacknowledged);
  await move(id);
  const detached = await agent.next(({ type }) => type === 'detached');
  expect(detached).toMatchObject({ session_id: id, epoch, reason: 'moved', from: 'a', to: 'b' });
  const last = agent.frames.findLast(({ type }) => type === 'update');
  expect(last?.event).toMatchObject({ type: 'SessionMoved', data: { to: 'b' } });
  agent.send({ type: 'attach', session_id: id });
  const error = await agent.next(({ type }) => type === 'error');
  expect(error).toMatchObject({ code: 'session_elsewhere', session_id: id, cell: 'b' });
});

test('a session that moved while it waited is given to no instance again and again', async () => {
  const pool = newPool();
  const id = await waitingSession(pool);
  await move(id);
  const given: string[] = [];
  const messages = node.redis.duplicate({ enableOfflineQueue: true });
  await messages.psubscribe('agents:node:*');
  messages.on('pmessage', (_pattern, _channel, message: string) => {
    if (message.startsWith('assign ') && message.includes(id)) given.push(message);
  });
  try {
    const next = await fleet.join(node, pool);
    await waitUntil(() => given.length > 0, { what: 'the session to be given to the instance' });
    await leftPool(id, pool);
    // Enough time for the next comparisons of the registry.
    const heartbeats = (): number => next.frames.filter(({ type }) => type === 'heartbeat').length;
    await waitUntil(() => heartbeats() > 3, { what: 'some heartbeats' });
    expect(given).toHaveLength(1);
    const { body } = await node.call('GET', `/v1/agents?pool=${pool}`);
    expect(body['agents']).toMatchObject([{ instance: next.instance, sessions: 0 }]);
  } finally {
    messages.disconnect();
  }
});

test('a session that moved while it waited waits here no more, although no instance comes', async () => {
  const pool = newPool();
  const [moved, staying] = [await waitingSession(pool), await waitingSession(pool)];
  await move(moved);
  await leftPool(moved, pool);
  expect(await node.redis.hget(`agents:{${pool}}:sessions`, staying)).toBe('1 ');
});

test('an instance whose session moved while it was away is welcome, without it', async () => {
  const pool = newPool();
  const id = await node.start();
  const before = await fleet.join(node, pool);
  await before.attach(id);
  const connections = (): Promise<number> => metricOf(node, 'agent_connections');
  const connected = await connections();
  before.kill();
  await waitUntil(async () => (await connections()) < connected, { what: 'the end of the connection' });
  await move(id);
  const again = await fleet.join(node, pool, {}, before.instance);
  expect(await again.attach(await node.start())).toBe(1);
  await leftPool(id, pool);
});

/** The row that a projector writes of a session that waits in a pool. */
async function project(id: string, pool: string): Promise<void> {
  await node.pool.query(
    `INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language,
       expires_at, expires_in_s, status, revision, agent_pool, agent_epoch)
     VALUES ($1, 'P1', now(), now(), 'whatsapp', 'hi', now() + interval '1 hour', 60, 'active', 0, $2, 1)`,
    [id, pool],
  );
}

test('sessions that have come from another cell while they waited are given to an instance, also of a new pool', async () => {
  const pool = newPool();
  const [id, left] = [await waitingSession(pool), await waitingSession(pool)];
  const move_id = await move(id);
  await move(left);
  await Promise.all([id, left].map((session) => leftPool(session, pool)));
  // The cell that a session comes to may not know its pool either.
  const keys = await node.redis.keys(`agents:{${pool}}:*`);
  await node.redis.multi().del(keys).zrem('agents:pools', pool).exec();
  await execute(id, { type: 'ArriveSession', move_id, cell: 'a' });
  for (const session of [id, left]) await project(session, pool);
  const registered = async (): Promise<boolean> =>
    (await node.redis.hexists(`agents:{${pool}}:sessions`, id)) === 1;
  await waitUntil(registered, { what: 'the session in the registry' });
  const agent = await fleet.join(node, pool);
  expect(await agent.next(({ type }) => type === 'attached')).toMatchObject({ session_id: id });
  expect(await node.redis.hexists(`agents:{${pool}}:sessions`, left)).toBe(0);
  expect(await node.redis.hget(`agents:{${pool}}:sessions`, '')).toBe('');
});
