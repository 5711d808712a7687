import { afterEach, expect, jest, test } from '@jest/globals';
import type { WebSocket } from 'ws';
import type { AgentStream } from '../index.ts';
import { SessionElsewhere } from '../index.ts';
import { deferred } from '../client/deferred.ts';
import { limitMs } from '../client/test-support.ts';
import type { TestApi } from './test-api.ts';
import { attached, cleanup, connect, serve, welcome } from './test-api.ts';

jest.setTimeout(limitMs);
afterEach(() => cleanup.closeAll());

const elsewhere = { type: 'error', session_id: 's', code: 'session_elsewhere', detail: 'It is elsewhere.' };
const moved = { type: 'detached', session_id: 's', epoch: 1, reason: 'moved', from: 'a', to: 'b' };
const event = { event_id: 'e', type: 'SessionMoved', revision: 4, data: { from: 'a', to: 'b' } };
const update = { type: 'update', session_id: 's', revision: 4, event };

/** A cell that answers attaches one after the other, the last answer for all later ones. */
async function cell(...answers: object[]): Promise<TestApi & { socket: () => WebSocket | undefined }> {
  let last: WebSocket | undefined;
  const api = await serve(({ type }, socket) => {
    last = socket;
    if (type === 'hello') return welcome;
    return type === 'attach' ? (answers.length > 1 ? answers.shift() : answers[0]) : undefined;
  });
  return { ...api, socket: () => last };
}

const attaches = ({ received }: TestApi): object[] => received.filter(({ type }) => type === 'attach');

test('a session that moves is taken again in the other cell once it has arrived, with its handler', async () => {
  const a = await cell(attached);
  const b = await cell({ ...elsewhere, cell: null }, { ...attached, epoch: 2, acknowledged: 4 });
  const taken = deferred<AgentStream>();
  const [seen, later] = [deferred<void>(), deferred<void>()];
  const agent = await connect(a.url, { cells: { b: b.url }, onTakeover: taken.resolve });
  const stream = await agent.attach('s');
  stream.onUpdate(({ revision }) => (revision === 4 ? seen : later).resolve());
  a.socket()?.send(JSON.stringify(update));
  await seen.promise;
  a.socket()?.send(JSON.stringify(moved));
  expect(await stream.ended).toBe('moved');
  const other = await taken.promise;
  expect([other.sessionId, other.epoch]).toEqual(['s', 2]);
  expect(attaches(b)).toEqual([
    { type: 'attach', session_id: 's', after: 4 },
    { type: 'attach', session_id: 's', after: 4 },
  ]);
  b.socket()?.send(JSON.stringify({ ...update, revision: 6, event: { ...event, revision: 6 } }));
  await later.promise;
  expect(b.received.find(({ type }) => type === 'hello')).toMatchObject({ instance: agent.instance });
});

test('a session that comes back is taken over the connection that is there', async () => {
  const a = await cell(attached, { ...attached, epoch: 3 });
  const b = await cell({ ...attached, epoch: 2 });
  const streams: AgentStream[] = [];
  const [first, second] = [deferred<void>(), deferred<void>()];
  const agent = await connect(a.url, {
    cells: { b: b.url },
    onTakeover: (stream) => (streams.push(stream) === 1 ? first : second).resolve(),
  });
  await agent.attach('s');
  a.socket()?.send(JSON.stringify(moved));
  await first.promise;
  b.socket()?.send(JSON.stringify({ ...moved, epoch: 2, from: 'b', to: 'a' }));
  await second.promise;
  expect(streams.map(({ epoch }) => epoch)).toEqual([2, 3]);
  expect(a.received.filter(({ type }) => type === 'hello')).toHaveLength(1);
});

test('an attach follows the session to its cell', async () => {
  const [a, b] = [await cell({ ...elsewhere, cell: 'b' }), await cell(attached)];
  const agent = await connect(a.url, { cells: { b: b.url } });
  expect((await agent.attach('s')).sessionId).toBe('s');
  expect(attaches(b)).toHaveLength(1);
});

test('an attach of a session that no cell has rejects after retryForMs', async () => {
  const [a, b] = [await cell({ ...elsewhere, cell: 'b' }), await cell({ ...elsewhere, cell: 'a' })];
  const agent = await connect(a.url, { cell: 'a', cells: { b: b.url }, retryForMs: 200 });
  await expect(agent.attach('s')).rejects.toBeInstanceOf(SessionElsewhere);
});

test('a router is told the cell', async () => {
  const router = await cell(attached);
  const taken = deferred<AgentStream>();
  const agent = await connect(router.url, { cell: 'a', onTakeover: taken.resolve });
  await agent.attach('s');
  router.socket()?.send(JSON.stringify(moved));
  await taken.promise;
  expect(router.paths).toEqual(['/v1/agents?cell=a', '/v1/agents?cell=b']);
});

test('the connections to other cells are closed with the first one', async () => {
  const [a, b] = [await cell(attached), await cell(attached)];
  const taken = deferred<AgentStream>();
  const agent = await connect(a.url, { cells: { b: b.url }, onTakeover: taken.resolve });
  await agent.attach('s');
  a.socket()?.send(JSON.stringify(moved));
  const stream = await taken.promise;
  await agent.close({ drain: false });
  expect(await stream.ended).toBe('closed');
});
