import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { savePrivacy } from '#read-models';
import { appendToPartner, partnerStream, readPartner } from '#sessions';
import { context, erasureWorld } from './test-partner.ts';

let world: Awaited<ReturnType<typeof erasureWorld>>;

beforeAll(async () => {
  world = await erasureWorld();
});
afterAll(() => world.close());

const partner = (): string => `P-${randomUUID()}`;

test('events appended to the partner’s stream during the erasure are gone, too', async () => {
  const partner_id = partner();
  await world.start(partner_id);
  await world.request(partner_id);
  await world.eraser.erase(partner_id, async (step) => {
    if (step !== 'rows') return;
    for (const _ of [1, 2]) {
      const late = await readPartner(world.store, partner_id);
      const data = { partner_id, ...late.state };
      await appendToPartner(world.store, late, [{ type: 'PartnerErasureRequested', data }], context);
    }
  });
  const events = world.store.read(partnerStream(partner_id));
  expect(await Array.fromAsync(events, ({ type }) => type)).toEqual([
    'PartnerErasureRequested',
    'PartnerErased',
  ]);
});

test('an earlier read of a partner does not overwrite the table', async () => {
  const partner_id = partner();
  await world.start(partner_id);
  const before = await readPartner(world.store, partner_id);
  await world.request(partner_id);
  await world.follower.write(partner_id);
  await savePrivacy(world.pool, before);
  const { rows } = await world.pool.query('SELECT erasure FROM partner_privacy WHERE partner_id = $1', [
    partner_id,
  ]);
  expect(rows).toEqual([{ erasure: 'requested' }]);
  await world.eraser.erase(partner_id);
});

test('the table has no row of a partner in another cell', async () => {
  const partner_id = partner();
  await world.start(partner_id);
  await world.request(partner_id);
  await world.follower.write(partner_id);
  const last = await readPartner(world.store, partner_id);
  const home = { cell: 'a', leaving: { move_id: randomUUID(), to: 'b' } };
  const data = { partner_id, ...last.state, home };
  await appendToPartner(world.store, last, [{ type: 'PartnerMoved', data }], context);
  await world.follower.write(partner_id);
  const { rows } = await world.pool.query('SELECT erasure FROM partner_privacy WHERE partner_id = $1', [
    partner_id,
  ]);
  expect(rows).toEqual([]);
});
