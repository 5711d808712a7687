import type { DataKeys } from './data-keys.ts';
import type { KeyStore } from './key-store.ts';

/**
 * Destroys the keys under a prefix that are older than this (ms): nothing sealed with them is left.
 * @returns how many
 * @throws KeyStoreUnavailableError
 */
export async function destroyOld(
  store: KeyStore,
  keys: DataKeys | undefined,
  prefix: string,
  ageMs: number,
  now = Date.now(),
): Promise<number> {
  const old = await store.madeBefore(prefix, new Date(now - ageMs).toISOString());
  for (const { partner_id } of old) {
    await store.destroy(partner_id, new Date(now).toISOString());
    keys?.forget(partner_id);
  }
  return old.length;
}
