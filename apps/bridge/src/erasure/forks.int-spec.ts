import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { contactedSince, inactivePartners, lastContact } from '#read-models';
import { readSession } from '#sessions';
import { testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import { NotErasedYetError } from './eraser.ts';
import { erasureWorld } from './test-partner.ts';

let world: Awaited<ReturnType<typeof erasureWorld>>;
beforeAll(async () => {
  world = await erasureWorld(testDataKeys());
});
afterAll(() => world.close());

const partner = (): string => `P-${randomUUID()}`;

test('an erasure reaches the forks of a partner, and counts them in its receipt', async () => {
  const partner_id = partner();
  const id = await world.start(partner_id);
  const forked = await world.fork(partner_id, id);
  await world.project(forked);
  const second = await world.fork(partner_id, forked);
  await world.project(second);
  await world.request(partner_id);
  const receipt = await world.eraser.erase(partner_id);
  expect(receipt).toMatchObject({ sessions: 3, keys_destroyed: 1 });
  for (const one of [forked, second]) {
    const { state } = (await readSession(world.store, one)) ?? {};
    expect(state).toMatchObject({ session: { status: 'erased' }, recent_turns: [] });
    expect(await world.stream(one)).not.toContain('secret');
    expect(await world.stored(one)).not.toContain('secret');
    expect(await world.redis.exists(`ctx:{${one}}`)).toBe(0);
  }
  for (const table of ['conversation_session', 'conversation_turn'])
    expect([table, await world.count(table, partner_id)]).toEqual([table, 0]);
});

test('an erasure does not finish before it has erased a fork that no table had at its start', async () => {
  const partner_id = partner();
  const forked = await world.fork(partner_id, await world.start(partner_id));
  await world.request(partner_id);
  const late = world.eraser.erase(partner_id, (step) =>
    step === 'projections' ? world.project(forked) : undefined,
  );
  await expect(late).rejects.toThrow(NotErasedYetError);
  expect(await world.eraser.erase(partner_id)).toMatchObject({ sessions: 2 });
  expect((await readSession(world.store, forked))?.state.session.status).toBe('erased');
});

test('a fork does not count as contact with its partner', async () => {
  const partner_id = partner();
  const id = await world.start(partner_id);
  await world.pool.query(
    `UPDATE conversation_session SET last_activity_time = '2020-01-01' WHERE session_id = $1`,
    [id],
  );
  const inactive = (): Promise<string[]> => inactivePartners(world.pool, '2021-01-01T00:00:00.000Z', '', 50);
  expect(await inactive()).toContain(partner_id);
  await world.project(await world.fork(partner_id, id));
  expect(await inactive()).toContain(partner_id);
  expect(await lastContact(world.pool, partner_id)).toEqual({ at: '2020-01-01T00:00:00.000Z', active: true });
  await world.pool.query(
    `INSERT INTO partner_privacy (partner_id, erasure, due_at, announced_at, held, revision)
     VALUES ($1, 'announced', now(), '2020-06-01', false, 0)`,
    [partner_id],
  );
  expect(await contactedSince(world.pool, 50, partner_id)).toEqual([]);
});
