import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Session } from '#domain';
import { newSession } from '#domain';
import { RedisBreaker } from '#platform';
import { ContextStore, SessionCache, SessionMemory } from '#read-models';
import { EventStore } from '#sessions';
import { GetContext, GetContextHandler } from './queries.ts';

/** A Redis that has no context, and says whether it is full. Nothing connects to it. */
class NoContexts extends ContextStore {
  constructor(
    private readonly full: boolean,
    private readonly done: string[],
  ) {
    super(new Redis({ lazyConnect: true }));
  }

  override get isFull(): boolean {
    return this.full;
  }

  override async document(): Promise<undefined> {
    return undefined;
  }

  override async load(): Promise<undefined> {
    this.done.push('written');
  }
}

/** A store without events. Nothing connects to it. */
class NoEvents extends EventStore {
  constructor() {
    super('esdb://127.0.0.1:1?tls=false');
  }

  override async *read(): ReturnType<EventStore['read']> {
    // There are none.
  }
}

class NotedCache extends SessionCache {
  readonly done: string[] = [];

  override remember(session: Session): void {
    this.done.push('kept in memory');
    super.remember(session);
  }
}

test.each([
  [true, 'kept in memory'],
  [false, 'written'],
])('a context that Redis does not have is folded; Redis is full: %j, and it is %s', async (isFull, what) => {
  const id = randomUUID();
  const done: string[] = [];
  const [store, contexts, memory] = [
    new NoEvents(),
    new NoContexts(isFull, done),
    new SessionMemory(1_000_000),
  ];
  memory.set({ ...newSession(id), revision: 3 });
  const cache = new NotedCache(store, contexts, memory);
  const handler = new GetContextHandler(store, contexts, cache, new RedisBreaker({ retryMs: 1 }));
  const { signal } = new AbortController();
  expect(await handler.execute(new GetContext(id, 3, signal))).toMatchObject({ revision: 3 });
  expect([...done, ...cache.done]).toEqual([what]);
});
