import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { knownErasures } from '#read-models';
import { commandPartner, EventCodec, EventStore } from '#sessions';
import { serviceUrl } from '../../../../libs/read-models/src/test-support.ts';
import { testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import { eraseRestored } from './restored.ts';
import { context, erasureWorld, makeUnreadable } from './test-partner.ts';

const keys = testDataKeys();
let world: Awaited<ReturnType<typeof erasureWorld>>;
beforeAll(async () => {
  world = await erasureWorld(keys);
});
afterAll(() => world.close());

const partner = (): string => `P-${randomUUID()}`;

test('a contact of an announced partner whose stream cannot be read keeps no other from being erased', async () => {
  const [unreadable, other] = [partner(), partner()];
  await world.start(unreadable);
  const idle = `UPDATE conversation_session SET last_activity_time = now() - interval '2 days' WHERE partner_id = $1`;
  await world.pool.query(idle, [unreadable]);
  await world.worker({ inactiveDays: 1, noticeHours: 48 }).announceInactive();
  await world.pool.query('UPDATE conversation_session SET last_activity_time = now() WHERE partner_id = $1', [
    unreadable,
  ]);
  await makeUnreadable(world.store, unreadable);
  await world.start(other);
  await world.request(other);
  await world.follower.write(other);
  const worker = world.worker();
  await waitUntil(async () => {
    await worker.round();
    return (await world.privacy(other))?.receipt !== undefined;
  });
  expect((await world.privacy(other))?.receipt).toBeDefined();
});

test('a partner whose stream cannot be read keeps no other from being erased again after a restore', async () => {
  const partners = [partner(), partner()];
  for (const partner_id of partners) {
    await world.start(partner_id);
    await keys.recordErasure({ partner_id, erased_at: new Date().toISOString(), receipt_id: randomUUID() });
  }
  const [unreadable = '', other] = partners;
  await makeUnreadable(world.store, unreadable);
  const skipped: string[] = [];
  const known = await knownErasures({ ...world, keys });
  const again = await eraseRestored({ ...world, onUnreadable: (id) => skipped.push(id) }, known);
  expect([again, skipped]).toEqual([[other], [unreadable]]);
});

/** A partner whose stream is sealed with a key that no key store has. */
async function sealedElsewhere(): Promise<void> {
  const store = new EventStore(serviceUrl('EVENTSTORE_URL'), new EventCodec(undefined, testDataKeys()));
  const hold = { reason: 'case-7', placed_at: new Date().toISOString(), placed_by: context.actor };
  await commandPartner(store, { type: 'PlaceHold', partner_id: partner(), hold }, context);
  await store.dispose();
}

test('a request is read from the partner’s stream, even if another stream cannot be read', async () => {
  const partner_id = partner();
  await sealedElsewhere();
  await world.start(partner_id);
  const stopping = new AbortController();
  const running = world.follower.run(stopping.signal);
  await world.request(partner_id);
  await waitUntil(async () => (await world.count('partner_privacy', partner_id)) === 1);
  stopping.abort();
  await running;
  // The store also has requests of other specs.
  expect(await world.worker().round()).toBeGreaterThanOrEqual(1);
});
