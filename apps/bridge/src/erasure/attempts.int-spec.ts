import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sleep, waitUntil } from '#platform';
import { erased } from '#privacy';
import { MemoryKeyStore, testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import type { Step } from './eraser.ts';
import { erasureWorld } from './test-partner.ts';

const keyStore = new MemoryKeyStore();
const keys = testDataKeys(keyStore);
let world: Awaited<ReturnType<typeof erasureWorld>>;

beforeAll(async () => {
  world = await erasureWorld(keys);
});
afterAll(() => world.close());

const partner = (): string => `P-${randomUUID()}`;

test('a partner is erased in one attempt, however late the projectors report their progress', async () => {
  const partner_id = partner();
  await world.start(partner_id);
  await world.request(partner_id);
  await world.pool.query(
    `INSERT INTO projection_slot (slot, prefixes, current_until) VALUES (0, '{}', now())`,
  );
  const seen = async (): Promise<void> => {
    await sleep(300);
    await world.pool.query('UPDATE projection_slot SET current_until = now()');
  };
  let projector: Promise<void> | undefined;
  try {
    const receipt = await world.eraser.erase(partner_id, (step) => {
      if (step === 'projections') projector = seen();
    });
    expect(receipt).toMatchObject({ sessions: 1 });
  } finally {
    await projector;
    await world.pool.query('TRUNCATE projection_slot');
  }
});

test('a key created by a fast clock is destroyed, and a late frame of an agent creates none', async () => {
  const partner_id = partner();
  const id = await world.start(partner_id);
  const key = keyStore.keys.get((await keys.of(partner_id)).id);
  const created_at = new Date(Date.now() + 100).toISOString();
  if (key) keyStore.keys.set(key.key_id, { ...key, created_at });
  const agent = { instance: 'bot', pool: 'p', node: 'n', after: null, reason: 'requested' } as const;
  await world.execute(id, { type: 'AttachAgent', ...agent, replaces: null });
  await world.request(partner_id);
  await waitUntil(async () => (await world.eraser.erase(partner_id).catch(() => undefined)) !== undefined);
  expect(await keys.byId(key?.key_id ?? '')).toBe(erased);
  await world.execute(id, {
    type: 'DetachAgent',
    instance: 'bot',
    epoch: 1,
    reason: 'requested',
    waiting: false,
  });
  expect(await keyStore.current(partner_id)).toBeUndefined();
});

test('the receipt is written once no readable replica has the rows, and not if the process ends before', async () => {
  const maxAgeMs = 300;
  const replicated = await erasureWorld(undefined, { url: 'postgresql://127.0.0.1:1/replica', maxAgeMs });
  const partner_id = partner();
  await replicated.start(partner_id);
  await replicated.request(partner_id);
  const at = new Map<Step, number>();
  await replicated.eraser.erase(partner_id, (step) => void at.set(step, performance.now()));
  // At least this long, however busy the machine is.
  expect((at.get('receipt') ?? 0) - (at.get('replicas') ?? Infinity)).toBeGreaterThan(maxAgeMs - 10);
  const next = partner();
  await replicated.start(next);
  await replicated.request(next);
  const stopping = new AbortController();
  const stopped = replicated.eraser.erase(
    next,
    (step) => (step === 'replicas' ? stopping.abort() : undefined),
    stopping.signal,
  );
  await expect(stopped).rejects.toThrow('The process ends');
  expect((await replicated.privacy(next))?.receipt).toBeUndefined();
  await replicated.close();
});
