import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readPartner, readSession } from '#sessions';
import { testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import { erasureWorld } from '../erasure/test-partner.ts';
import { runRetention } from './retention.ts';

let world: Awaited<ReturnType<typeof erasureWorld>>;
beforeAll(async () => {
  world = await erasureWorld(testDataKeys());
});
afterAll(() => world.close());

test('a fork is deleted by its own age, independent of its session', async () => {
  const partner_id = `P-${randomUUID()}`;
  const id = await world.start(partner_id);
  const forked = await world.fork(partner_id, id);
  for (const one of [id, forked]) await world.execute(one, { type: 'EndSession', reason: null });
  await world.project(id);
  const policy = { sessionsDays: 10, partnersDays: 10, accessDays: 0, floorDays: 0 };
  const now = new Date(Date.now() + 11 * 86_400_000);
  await runRetention({ ...world, policy, apply: true, signer: undefined, now });
  expect(await readSession(world.store, id)).toBeUndefined();
  const { state } = (await readSession(world.store, forked)) ?? {};
  expect(state).toMatchObject({
    recent_turns: [{ message_text: 'secret words' }, { message_text: 'more secrets' }],
  });
  await world.project(forked);
  await runRetention({ ...world, policy, apply: true, signer: undefined, now });
  expect(await readSession(world.store, forked)).toBeUndefined();
});

test('a fork does not prolong its partner’s memory', async () => {
  const partner_id = `P-${randomUUID()}`;
  const id = await world.start(partner_id);
  await world.execute(id, { type: 'EndSession', reason: null });
  await world.project(id);
  await world.project(await world.fork(partner_id, id));
  const policy = { sessionsDays: 0, partnersDays: 10, accessDays: 0, floorDays: 0 };
  await runRetention({
    ...world,
    policy,
    apply: true,
    signer: undefined,
    now: new Date(Date.now() + 11 * 86_400_000),
  });
  expect((await readPartner(world.store, partner_id)).state.last_session_id).toBeNull();
});
