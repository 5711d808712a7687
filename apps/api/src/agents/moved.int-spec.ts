import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestNode } from './testing/test-support.ts';
import { newPool, recordUpdate, TestFleet } from './testing/test-support.ts';

const fleet = new TestFleet();
let node: TestNode;
beforeAll(async () => {
  node = await fleet.startNode();
});
afterAll(() => fleet.close());

test('a session that moves is held no more: its owner is told where it goes, and cannot take it here again', async () => {
  const id = await node.start();
  const agent = await fleet.join(node, newPool());
  const epoch = await agent.attach(id);
  const unacknowledged = await recordUpdate(node, id);
  await agent.next(({ type, revision }) => type === 'update' && revision === unacknowledged);
  await node.executor.execute({
    sessionId: id,
    commands: [{ type: 'MoveSession', move_id: randomUUID(), from: 'a', to: 'b' }],
    actor: { role: 'system', id: 'cells' },
    commandIds: [],
    body: {},
  });
  const detached = await agent.next(({ type }) => type === 'detached');
  expect(detached).toMatchObject({ session_id: id, epoch, reason: 'moved', from: 'a', to: 'b' });
  const last = agent.frames.findLast(({ type }) => type === 'update');
  expect(last?.event).toMatchObject({ type: 'SessionMoved', data: { to: 'b' } });
  agent.send({ type: 'attach', session_id: id });
  const error = await agent.next(({ type }) => type === 'error');
  expect(error).toMatchObject({ code: 'session_elsewhere', session_id: id, cell: 'b' });
});
