import { UnknownKeyError } from './errors.ts';
import type { KeyStore, StoredKey } from './key-store.ts';
import type { MasterKeys } from './master-keys.ts';

const pageSize = 200;

interface Rewrapped {
  readonly rewrapped: number;
  /** Changed by another process meanwhile. */
  readonly skipped: number;
  /** Cannot be unwrapped: they were changed in the store. */
  readonly broken: readonly string[];
}

/**
 * Rewraps all data keys that are not wrapped by the current master key. Events stay unchanged. It can be stopped at
 * any time: the next run does the rest.
 * @throws KeyStoreUnavailableError
 */
export async function rewrap(
  store: KeyStore,
  masters: MasterKeys,
  onProgress?: (done: Rewrapped) => void,
): Promise<Rewrapped> {
  let done: Rewrapped = { rewrapped: 0, skipped: 0, broken: [] };
  for (;;) {
    // Asked for each page: a rotation in the meantime changes what `wrap` uses.
    const current = await masters.current();
    const page = await store.wrappedByOthers(current, pageSize + done.broken.length);
    const left = page.filter(({ key_id }) => !done.broken.includes(key_id));
    if (left.length === 0) return done;
    const results = await Promise.all(left.map((key) => rewrapOne(store, masters, key)));
    const count = (result: string): number => results.filter((item) => item === result).length;
    done = {
      rewrapped: done.rewrapped + count('rewrapped'),
      skipped: done.skipped + count('skipped'),
      broken: [...done.broken, ...left.flatMap(({ key_id }, n) => (results[n] === 'broken' ? key_id : []))],
    };
    onProgress?.(done);
  }
}

async function rewrapOne(
  store: KeyStore,
  masters: MasterKeys,
  { key_id, partner_id, wrapped }: StoredKey,
): Promise<'rewrapped' | 'skipped' | 'broken'> {
  if (wrapped === null) return 'skipped';
  try {
    const secret = await masters.unwrap(wrapped, { partner_id, key_id });
    const to = await masters.wrap(secret, { partner_id, key_id });
    return (await store.rewrap(key_id, wrapped, to)) ? 'rewrapped' : 'skipped';
  } catch (error) {
    if (error instanceof UnknownKeyError) return 'broken';
    throw error;
  }
}
