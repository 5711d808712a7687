import { expect, test } from '@jest/globals';
import { PartnerErasedError } from '#privacy';
import { MissingSessions } from './missing-sessions.ts';

const session_id = 's1';
const pool = 'support';
const metadata = {
  schema_version: 1,
  occurred_at: '2026-11-30T10:00:00.000Z',
  actor: { role: 'system', id: 'spec' },
  $correlationId: 'correlation',
};

/** The sessions that are registered when the table has one that came from another cell and had an agent. */
async function registered(keyOf: (partnerId: string) => Promise<undefined>): Promise<string[]> {
  const attached = { instance: 'bot-1', epoch: 5, pool, node: 'one', after: null, reason: 'requested' };
  const started = { partner_id: 'P1', expires_in_s: 60, open_goals: [] };
  const events = [
    { type: 'SessionStarted', data: started },
    { type: 'AgentAttached', data: attached },
    { type: 'SessionArrived', data: { move_id: 'm', cell: 'a' } },
  ].map((event, revision) => ({ ...event, event_id: `e${revision}`, revision, metadata }));
  const codec = { decode: (event: unknown) => event, keyOf };
  const cell = { own: 'a', first: 'a' };
  const store = { cell, read: () => events, codec };
  const found: string[] = [];
  const registry = {
    missing: async () => [session_id],
    recover: async (id: string) => void found.push(id),
  };
  const redis = { get: async () => null, del: async () => 1 };
  const rows = [{ session_id, agent_instance: 'bot-1', agent_pool: pool, agent_epoch: 5 }];
  const services = [redis, { query: async () => ({ rows }) }, store, registry];
  const missing = new MissingSessions(
    ...(services as unknown as ConstructorParameters<typeof MissingSessions>),
  );
  await missing.registerSome();
  return found;
}

test('a session that came from another cell is registered', async () => {
  expect(await registered(async () => undefined)).toEqual([session_id]);
});

test('a session of a partner who gets no key any more is not: its takeover would be refused again', async () => {
  expect(await registered(() => Promise.reject(new PartnerErasedError('receipt')))).toEqual([]);
});
