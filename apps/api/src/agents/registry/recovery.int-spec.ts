import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Config } from '#platform';
import { createLogger } from '#platform';
import { EventStore } from '#sessions';
import { serviceUrl } from '../../../../../libs/platform/src/testing/test-services.ts';
import type { MissingSessions } from './missing-sessions.ts';
import { Recovery } from './recovery.ts';
import type { Registry } from './registry.ts';
import type { WaitingSessions } from './waiting-sessions.ts';

const store = new EventStore(serviceUrl('EVENTSTORE_URL'));
afterAll(() => store.dispose());

test('of many waiting sessions without rows each is looked at in some sweep', async () => {
  // None of them has a stream. Their pools are always listed in the same order.
  const sessions = Array.from({ length: 70 }, (_, n) => ({ session_id: randomUUID(), pool: `pool-${n}` }));
  const forgotten = new Set<string>();
  const registry = {
    claim: async () => true,
    dropIdlePools: async () => undefined,
    forgetWaiting: (id: string) => forgotten.add(id),
  };
  const recovery = new Recovery(
    {} as Redis,
    registry as unknown as Registry,
    { some: async () => sessions } as unknown as WaitingSessions,
    { registerSome: async () => undefined } as unknown as MissingSessions,
    { query: async () => ({ rows: [] }) } as unknown as Pool,
    store,
    {} as Config,
    createLogger('api', 'silent'),
  );
  for (let sweeps = 0; sweeps < 60 && forgotten.size < sessions.length; sweeps += 1) await recovery.sweep();
  expect(forgotten.size).toBe(sessions.length);
});
