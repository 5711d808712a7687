import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import type { SessionCommand } from '#domain';
import type { CommandResult } from '#sessions';
import { CommandExecutor, EventStore } from '#sessions';
import { serviceUrl, startSession } from '../test-support.ts';
import { rebuildContext } from './rebuild.ts';
import { SessionCache } from './session-cache.ts';
import { SessionMemory } from './session-memory.ts';
import { ContextStore } from './store.ts';

let store: EventStore;
const connections: Redis[] = [];

beforeAll(() => {
  store = new EventStore(serviceUrl('EVENTSTORE_URL'));
});
afterAll(async () => {
  for (const redis of connections) redis.disconnect();
  await store.dispose();
});

interface ApiNode {
  readonly redis: Redis;
  readonly cache: SessionCache;
  readonly contexts: ContextStore;
  readonly execute: (id: string, command: SessionCommand, key: string) => Promise<CommandResult>;
}

/** A process that executes commands, with its own connection to Redis. */
function apiNode(): ApiNode {
  const redis = new Redis(serviceUrl('REDIS_URL'), { maxRetriesPerRequest: 0 });
  connections.push(redis);
  const contexts = new ContextStore(redis);
  const cache = new SessionCache(store, contexts, new SessionMemory(2 ** 24));
  const executor = new CommandExecutor(store, cache);
  const actor = { role: 'agent', id: 'test' } as const;
  const execute = (sessionId: string, command: SessionCommand, key: string): Promise<CommandResult> =>
    executor.execute({ sessionId, commands: [command], actor, commandIds: [`key:${key}`], body: { key } });
  return { redis, cache, contexts, execute };
}

const raise = (value: number): SessionCommand => ({ type: 'RaiseFlag', flag: 'f', value });

/** A session after commands 1 to `count`, as stored in Redis. */
async function written(count: number): Promise<string> {
  const id = randomUUID();
  const node = apiNode();
  await node.execute(id, startSession, 'start');
  for (let value = 1; value <= count; value += 1) await node.execute(id, raise(value), String(value));
  await rebuildContext(store, node.contexts, id);
  return id;
}

test('a loaded session knows its latest commands without Redis', async () => {
  const id = await written(30);
  const node = apiNode();
  expect((await node.cache.load(id))?.known).toMatchObject({ from: 0, list: { length: 31 } });
  await node.execute(id, raise(31), '31');
  node.redis.disconnect();
  for (const value of [1, 20, 31])
    expect(await node.execute(id, raise(value), String(value))).toMatchObject({
      replayed: true,
      revision: value,
    });
});

test('a command that the session has forgotten is recognised without Redis', async () => {
  const id = await written(100);
  const node = apiNode();
  await node.execute(id, raise(101), '101');
  node.redis.disconnect();
  for (const value of [1, 30, 101])
    expect(await node.execute(id, raise(value), String(value))).toMatchObject({
      replayed: true,
      revision: value,
    });
  expect(await node.execute(id, raise(102), '102')).toMatchObject({ replayed: false, revision: 102 });
});

test('a command whose record Redis has lost is recognised', async () => {
  const id = await written(100);
  const node = apiNode();
  await node.execute(id, raise(101), '101');
  await node.redis.del(`cmd:{${id}}`);
  expect(await node.execute(id, raise(5), '5')).toMatchObject({ replayed: true, revision: 5 });
});
