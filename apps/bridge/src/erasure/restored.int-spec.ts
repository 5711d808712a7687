import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { erased } from '#privacy';
import { applyErasures, knownErasures } from '#read-models';
import { loggedErasures } from '#sessions';
import { MemoryKeyStore, testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import { eraseRestored, listErasures } from './restored.ts';
import { separateErasureWorld } from './test-partner.ts';

const keyStore = new MemoryKeyStore();
const keys = testDataKeys(keyStore);
let world: Awaited<ReturnType<typeof separateErasureWorld>>;

beforeAll(async () => {
  world = await separateErasureWorld(keys);
});
afterAll(() => world.close());

const partner = (): string => `P-${randomUUID()}`;
const fail = (_: string, error: Error): never => {
  throw error;
};

const listed = async (): Promise<string[]> =>
  (await loggedErasures(world.store)).erasures.map((erasure) => erasure.receipt_id);

describe('a backup from before an erasure that is restored', () => {
  test('loses the partner’s data before it serves', async () => {
    const [partner_id, other] = [partner(), partner()];
    await world.start(partner_id);
    await world.start(other);
    await world.pool.query('CREATE TABLE backup_session AS SELECT * FROM conversation_session');
    await world.pool.query('CREATE TABLE backup_turn AS SELECT * FROM conversation_turn');
    await world.request(partner_id);
    await world.eraser.erase(partner_id);
    await world.pool.query('DELETE FROM partner_privacy WHERE partner_id = $1', [partner_id]);
    await world.pool.query(
      'INSERT INTO conversation_session SELECT * FROM backup_session ON CONFLICT DO NOTHING',
    );
    await world.pool.query('INSERT INTO conversation_turn SELECT * FROM backup_turn ON CONFLICT DO NOTHING');
    expect(await world.count('conversation_turn', partner_id)).toBe(1);
    const result = await applyErasures({ ...world, keys });
    expect(result.erased_again).toContain(partner_id);
    expect(await world.count('conversation_turn', partner_id)).toBe(0);
    expect(await world.count('conversation_session', partner_id)).toBe(0);
    expect(await world.count('conversation_turn', other)).toBe(1);
  });

  test('of the event store is erased again', async () => {
    const again = async (): Promise<string[]> =>
      eraseRestored({ ...world, onUnreadable: fail }, await knownErasures({ ...world, keys }));
    const partner_id = partner();
    const id = await world.start(partner_id);
    const receipt_id = randomUUID();
    await keys.recordErasure({ partner_id, erased_at: new Date().toISOString(), receipt_id });
    expect(await again()).toContain(partner_id);
    expect(await again()).not.toContain(partner_id);
    await world.eraser.erase(partner_id);
    expect((await world.privacy(partner_id))?.receipt).toMatchObject({ reason: 'restored_backup' });
    expect(await world.stream(id)).not.toContain('secret');
    expect(await again()).not.toContain(partner_id);
  });

  test('of the key store loses the keys again by the receipts', async () => {
    const partner_id = partner();
    await world.start(partner_id);
    const { id } = await keys.of(partner_id);
    const backup = keyStore.keys.get(id);
    await world.request(partner_id);
    const receipt = await world.eraser.erase(partner_id);
    if (backup) keyStore.keys.set(id, backup);
    keyStore.ledger.delete(receipt?.receipt_id ?? '');
    keys.forget(partner_id);
    expect((await applyErasures({ ...world, keys })).keys_destroyed).toBe(1);
    expect(await keys.byId(id)).toBe(erased);
    expect(keyStore.ledger.has(receipt?.receipt_id ?? '')).toBe(true);
  });
});

describe('a backup of the key store and of PostgreSQL', () => {
  let partner_id: string;
  let keyId: string;
  let receipt_id: string;

  /** The partner's erasure came after it, and the event store still has it. */
  beforeEach(async () => {
    partner_id = partner();
    await world.start(partner_id);
    keyId = (await keys.of(partner_id)).id;
    const backup = keyStore.keys.get(keyId);
    await world.request(partner_id);
    receipt_id = (await world.eraser.erase(partner_id))?.receipt_id ?? '';
    if (backup) keyStore.keys.set(keyId, backup);
    keyStore.ledger.delete(receipt_id);
    keys.forget(partner_id);
    await world.pool.query('DELETE FROM partner_privacy WHERE partner_id = $1', [partner_id]);
  });

  test('the key of an erased partner is destroyed again by the receipt in the partner’s stream', async () => {
    await world.follower.write(partner_id);
    expect(await keys.byId(keyId)).toBe(erased);
    expect(keyStore.ledger.has(receipt_id)).toBe(true);
  });

  test('a receipt is compared with the key store once, not at each event of the partner', async () => {
    await world.follower.write(partner_id);
    const calls = [jest.spyOn(keyStore, 'recordErasure'), jest.spyOn(keyStore, 'living')];
    await world.follower.write(partner_id);
    expect(calls.map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
    jest.restoreAllMocks();
  });

  test('the key of a partner who has begun anew is kept', async () => {
    await world.follower.write(partner_id);
    await world.start(partner_id);
    const next = await keys.of(partner_id);
    keyStore.ledger.delete(receipt_id);
    await world.restartedFollower().write(partner_id);
    expect(await keys.byId(next.id)).not.toBe(erased);
  });

  test('an erasure is listed in the event store', async () => {
    expect(await listed()).toContain(receipt_id);
  });

  test('a bridge lists the erasures that an earlier release has done, once', async () => {
    const earlier = { partner_id, erased_at: '2026-01-01T00:00:00.000Z', receipt_id: randomUUID() };
    await keys.recordErasure(earlier);
    for (const _ of [1, 2]) await listErasures({ ...world, keys });
    expect((await listed()).filter((id) => id === earlier.receipt_id)).toHaveLength(1);
  });
});
