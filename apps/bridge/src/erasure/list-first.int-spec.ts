import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sleep, waitUntil } from '#platform';
import { erasureStream } from '#sessions';
import { MemoryKeyStore, testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import { separateErasureWorld } from './test-partner.ts';

/** Answers questions for the ledger late. */
class SlowLedger extends MemoryKeyStore {
  override async erasures(after?: string): ReturnType<MemoryKeyStore['erasures']> {
    await sleep(3_000);
    return super.erasures(after);
  }
}

const keys = testDataKeys(new SlowLedger());
let world: Awaited<ReturnType<typeof separateErasureWorld>>;

beforeAll(async () => {
  world = await separateErasureWorld(keys);
});
afterAll(() => world.close());

test('a bridge that starts completes the list of erasures before it erases anyone', async () => {
  const earlier = {
    partner_id: randomUUID(),
    erased_at: '2026-01-01T00:00:00.000Z',
    receipt_id: randomUUID(),
  };
  await keys.recordErasure(earlier);
  const partner_id = `P-${randomUUID()}`;
  await world.start(partner_id);
  await world.request(partner_id);
  await world.follower.write(partner_id);
  const stopping = new AbortController();
  const running = world.worker().run(stopping.signal);
  await waitUntil(async () => (await world.privacy(partner_id))?.receipt !== undefined, {
    timeoutMs: 20_000,
  });
  stopping.abort();
  await running;
  const events = await Array.fromAsync(world.store.read(erasureStream), ({ data }) => data);
  const { receipt } = (await world.privacy(partner_id)) ?? {};
  expect(events).toMatchObject([
    { erasures: [earlier], complete: true },
    { erasures: [{ partner_id, receipt_id: receipt?.receipt_id }] },
  ]);
});
