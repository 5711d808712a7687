import { randomUUID } from 'node:crypto';
import type { ExecutionContext } from '@nestjs/common';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { ContextStore, SessionCache, SessionMemory } from '#read-models';
import { CommandExecutor, EventStore, uncached } from '#sessions';
import { serviceUrl, startSession } from '../../../../libs/read-models/src/test-support.ts';
import { ElsewhereGuard } from './elsewhere.guard.ts';

const actor = { role: 'agent', id: 'spec' } as const;
let redis: Redis;
let stores: EventStore[];
let began: string;

/** The event store as a process of a cell sees it. */
function storeOf(own: string): EventStore {
  const cell = { own, first: 'a' };
  const store = new EventStore(serviceUrl('EVENTSTORE_URL'), undefined, undefined, undefined, cell);
  stores.push(store);
  return store;
}

/** Whether a cell shows the session. */
async function shows(cell: string, session_id: string, method = 'GET'): Promise<boolean> {
  const store = storeOf(cell);
  const sessions = new SessionCache(store, new ContextStore(redis), new SessionMemory(1e6));
  const request = { method, params: { session_id } };
  const http = { getType: () => 'http', switchToHttp: () => ({ getRequest: () => request }) };
  return new ElsewhereGuard(store, sessions).canActivate(http as unknown as ExecutionContext);
}

beforeAll(async () => {
  redis = new Redis(serviceUrl('REDIS_URL'));
  stores = [];
  began = randomUUID();
  const request = { sessionId: began, commands: [startSession], actor, commandIds: [], body: {} };
  await new CommandExecutor(storeOf('a'), uncached).execute(request);
});
afterAll(async () => {
  redis.disconnect();
  await Promise.all(stores.map((store) => store.dispose()));
});

test('a cell shows a session that began there', async () => {
  expect(await shows('a', began)).toBe(true);
});

test('a cell does not show a partially copied session', async () => {
  await expect(shows('b', began)).rejects.toMatchObject({ code: 'session_elsewhere' });
});

test('commands are refused where they are decided', async () => {
  expect(await shows('b', began, 'POST')).toBe(true);
});

test('of a session that no cell has, the handler answers', async () => {
  expect(await shows('b', randomUUID())).toBe(true);
});
