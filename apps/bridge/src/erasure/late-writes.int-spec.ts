import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { uuidV5 } from '#platform';
import { DataKeys, KeyStoreUnavailableError } from '#privacy';
import { readSession } from '#sessions';
import { turn } from '../../../../libs/read-models/src/test-support.ts';
import { MemoryKeyStore, testMasterKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import { erasureWorld } from './test-partner.ts';

/** A key store that can end the process before keys are destroyed. */
class KeyStore extends MemoryKeyStore {
  fails = false;

  override async destroy(partnerId: string, before: string) {
    if (this.fails) throw new KeyStoreUnavailableError();
    return super.destroy(partnerId, before);
  }
}

const keyStore = new KeyStore();
/** The keys of the erasing process, and of another one. */
const newKeys = (): DataKeys => new DataKeys(keyStore, testMasterKeys, { retryMs: 0 });
const [keys, others] = [newKeys(), newKeys()];
let world: Awaited<ReturnType<typeof erasureWorld>>;
let other: Awaited<ReturnType<typeof erasureWorld>>;

beforeAll(async () => {
  world = await erasureWorld(keys);
  other = await erasureWorld(others);
});
afterAll(() => Promise.all([world.close(), other.close()]));

const partner = (): string => `P-${randomUUID()}`;

/** Writes of the other process after the erasure: it still has sessions in memory, and no key. */
async function erase(partner_id: string): Promise<void> {
  await world.request(partner_id);
  await world.eraser.erase(partner_id);
  others.forget(partner_id);
}

test('a command on a session that is in memory from before the erasure is refused, and makes no key', async () => {
  const partner_id = partner();
  const id = await world.start(partner_id);
  await other.execute(id, turn(randomUUID()));
  await erase(partner_id);
  await expect(other.execute(id, turn(randomUUID()))).rejects.toThrow('erased');
  expect(await keyStore.current(partner_id)).toBeUndefined();
});

test('a repeated end of a session after the erasure creates no key', async () => {
  const partner_id = partner();
  const id = await world.start(partner_id);
  await other.execute(id, { type: 'EndSession', reason: null });
  await erase(partner_id);
  await expect(other.execute(id, { type: 'EndSession', reason: null })).rejects.toThrow('erased');
  expect(await keyStore.current(partner_id)).toBeUndefined();
});

test('the context of an erased session is kept and read without a key', async () => {
  const partner_id = partner();
  const id = await world.start(partner_id);
  await erase(partner_id);
  const session = await readSession(other.store, id);
  if (session === undefined) throw new Error('There is no such session.');
  await other.contexts.replace(session, []);
  expect(JSON.parse((await other.contexts.document(id))?.body ?? '')).toMatchObject({
    partner_id,
    session: { status: 'erased' },
  });
  expect(await keyStore.current(partner_id)).toBeUndefined();
});

test('an old context written after the erasure is dropped, and creates no key', async () => {
  const partner_id = partner();
  const id = await world.start(partner_id);
  const before = await readSession(other.store, id);
  if (before === undefined) throw new Error('There is no such session.');
  await erase(partner_id);
  await other.contexts.replace(before, []);
  expect(await other.redis.exists(`ctx:{${id}}`)).toBe(0);
  expect(await keyStore.current(partner_id)).toBeUndefined();
});

test('a legal hold on an erased partner creates no key', async () => {
  const partner_id = partner();
  await world.start(partner_id);
  await erase(partner_id);
  const placed_by = { role: 'human', id: 'dpo' } as const;
  const hold = { reason: 'case-7', placed_at: new Date().toISOString(), placed_by };
  await world.command({ type: 'PlaceHold', partner_id, hold });
  expect(await keyStore.current(partner_id)).toBeUndefined();
});

test('an erasure whose process ends between the ledger and the keys is finished, and the keys are gone', async () => {
  const partner_id = partner();
  const id = await world.start(partner_id);
  await world.request(partner_id);
  keyStore.fails = true;
  await expect(world.eraser.erase(partner_id)).rejects.toThrow(KeyStoreUnavailableError);
  keyStore.fails = false;
  await expect(other.execute(id, turn(randomUUID()))).rejects.toThrow('erased');
  const receipt = await world.eraser.erase(partner_id);
  expect(receipt).toMatchObject({ keys_destroyed: 1 });
  expect(await keyStore.current(partner_id)).toBeUndefined();
});

const ledger = (partner_id: string) => ({
  partner_id,
  receipt_id: randomUUID(),
  erased_at: new Date().toISOString(),
});

test('the partner’s sessions in an event store from before the erasure take no commands, and get no key', async () => {
  const partner_id = partner();
  const id = await world.start(partner_id);
  await keyStore.destroy(partner_id, await keyStore.beginErasure(ledger(partner_id)));
  for (const one of [keys, others]) one.forget(partner_id);
  await expect(other.execute(id, turn(randomUUID()))).rejects.toThrow('being erased');
  await expect(world.start(partner_id)).rejects.toThrow('being erased');
  expect(await keyStore.current(partner_id)).toBeUndefined();
});

test('a partner who was erased and returned before encryption gets a key, and stays readable', async () => {
  const plain = await erasureWorld();
  const partner_id = partner();
  await plain.start(partner_id);
  await plain.request(partner_id);
  const receipt_id = (await plain.eraser.erase(partner_id))?.receipt_id ?? '';
  const id = await plain.start(partner_id);
  await keys.recordErasure({ partner_id, receipt_id, erased_at: new Date().toISOString() });
  await other.project(id);
  const { rows } = await other.pool.query(
    'SELECT message_text FROM conversation_turn WHERE session_id = $1',
    [id],
  );
  await other.execute(id, turn(randomUUID()));
  const key = await keyStore.current(partner_id);
  expect(rows).toEqual([{ message_text: expect.stringContaining(key?.key_id ?? 'none') as unknown }]);
  expect(await other.stream(id)).toContain('secret');
  await plain.close();
});

test('an erasure repeated after a restore into its middle destroys the key created since', async () => {
  const partner_id = partner();
  await world.start(partner_id);
  await world.request(partner_id);
  const { erasure } = (await world.privacy(partner_id)) ?? {};
  // The ledger entry of the first erasure, and a key created after it.
  const receipt_id = uuidV5('receipt', erasure?.erasure_id ?? '');
  const at = await keyStore.beginErasure({ ...ledger(partner_id), receipt_id });
  await keyStore.destroy(partner_id, at);
  const since = await others.of(partner_id, receipt_id);
  const receipt = await world.eraser.erase(partner_id);
  expect(receipt?.receipt_id).not.toBe(receipt_id);
  expect(await keyStore.current(partner_id)).toBeUndefined();
  expect(await keys.byId(since.id)).toBe('erased');
  await world.start(partner_id);
  expect(await keyStore.current(partner_id)).toBeDefined();
});

test('a partner begins anew in an event store without the erasure', async () => {
  const partner_id = partner();
  await keyStore.beginErasure(ledger(partner_id));
  const id = await world.start(partner_id);
  expect(await world.stream(id)).toContain('secret');
});
