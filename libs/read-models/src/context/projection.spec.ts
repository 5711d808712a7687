import { expect, test } from '@jest/globals';
import type { EventStore } from '#sessions';
import type { Positioned } from '../tables/items.ts';
import { ContextProjection } from './projection.ts';
import { SessionMemory } from './session-memory.ts';
import type { ContextStore } from './store.ts';

test('while Redis is full, a context whose earlier events are missing is removed, and its stream is not read', async () => {
  const dropped: string[] = [];
  const rebuilt: string[] = [];
  const full = {
    isFull: true,
    loadMany: async (ids: readonly string[]) => ids.map(() => undefined),
    applyMany: async () => [],
    drop: async (ids: readonly string[]) => void dropped.push(...ids),
  } as unknown as ContextStore;
  const projection = new ContextProjection({} as EventStore, full, {
    sessions: new SessionMemory(2 ** 20),
    onRebuild: (id) => rebuilt.push(id),
  });
  await projection.write([{ session_id: 's', event: { revision: 7 }, position: 1n } as Positioned]);
  expect({ dropped, rebuilt }).toEqual({ dropped: ['s'], rebuilt: [] });
});
