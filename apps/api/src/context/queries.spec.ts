import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { newSession } from '#domain';
import { RedisBreaker } from '#platform';
import type { ContextStore, SessionCache } from '#read-models';
import type { EventStore } from '#sessions';
import { GetContext, GetContextHandler } from './queries.ts';

test.each([
  [true, 'kept in memory'],
  [false, 'written'],
])('a context that Redis does not have is folded; Redis is full: %j, and it is %s', async (isFull, what) => {
  const id = randomUUID();
  const done: string[] = [];
  const contexts = {
    isFull,
    document: async () => undefined,
    load: async () => void done.push('written'),
  };
  const sessionCache = {
    load: async () => ({ ...newSession(id), revision: 3 }),
    remember: () => void done.push('kept in memory'),
  };
  const handler = new GetContextHandler(
    {} as EventStore,
    contexts as unknown as ContextStore,
    sessionCache as unknown as SessionCache,
    new RedisBreaker({ retryMs: 1 }),
  );
  const { signal } = new AbortController();
  expect(await handler.execute(new GetContext(id, 3, signal))).toMatchObject({ revision: 3 });
  expect(done).toEqual([what]);
});
