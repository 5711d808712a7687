import { keyIdOf, PartnerErasedError } from '#privacy';
import { announcePartner } from '#read-models';
import { partnerStream } from '#sessions';
import { NotMovableError } from './errors.ts';
import type { CellServices } from './services.ts';

/**
 * Copies the partner's data key to the other cell, wrapped by that cell's master key: sealed values are copied unchanged.
 * Idempotent. The other cell accepts no commands of the partner meanwhile, so it creates no other key.
 */
export async function copyKey(partnerId: string, from: CellServices, to: CellServices): Promise<void> {
  if ((from.keys === undefined) !== (to.keys === undefined))
    throw new NotMovableError('One of the cells has keys, the other has none.');
  if (from.keys === undefined || to.keys === undefined) return;
  // Creates the key now: a key created later would be unknown to the other cell.
  try {
    await from.store.codec.keyOf(partnerId);
  } catch (error) {
    // Nothing is sealed for a partner who was erased and has not started again.
    if (error instanceof PartnerErasedError) return destroyKey(partnerId, to);
    throw error;
  }
  const key = await from.keys.store.current(partnerId);
  if (key === undefined || key.wrapped === null)
    throw new NotMovableError('The key of the partner was destroyed.');
  const { key_id, partner_id } = key;
  const known = await to.keys.store.current(partnerId);
  if (known !== undefined && known.key_id !== key_id && (await hasUsed(to, partnerId, known.key_id)))
    throw new NotMovableError(`Cell ${to.name} has another key of the partner: it is in both cells.`);
  // Created for a request that was then rejected.
  if (known !== undefined && known.key_id !== key_id) await destroyKey(partnerId, to);
  // A key that is still there is wrapped anew too, so that the clean-up after an earlier move does not destroy it.
  const secret = await from.keys.masters.unwrap(key.wrapped, { partner_id, key_id });
  await to.keys.store.adopt({ ...key, wrapped: await to.keys.masters.wrap(secret, { partner_id, key_id }) });
  announcePartner(to.redis, partnerId);
}

/** Whether the partner's stream in a cell has a value that the key has sealed. */
async function hasUsed({ store }: CellServices, partnerId: string, keyId: string): Promise<boolean> {
  for await (const { data } of store.read(partnerStream(partnerId)))
    if (Object.values(data as object).some((value) => keyIdOf(value) === keyId)) return true;
  return false;
}

/** Destroys a key that has sealed nothing yet. */
async function destroyKey(partnerId: string, { keys, redis }: CellServices): Promise<void> {
  const made = (await keys?.store.current(partnerId))?.created_at;
  // Clocks differ: the process that created the key may be ahead.
  const before = new Date(Math.max(Date.now(), made === undefined ? 0 : Date.parse(made) + 1)).toISOString();
  await keys?.store.destroy(partnerId, before);
  announcePartner(redis, partnerId);
}
