import { createLogger } from '#platform';
import type { KeyStore, StoredKey } from '#privacy';
import { DataKeys, loadKeysConfig, openKeyStore, openMasterKeys } from '#privacy';

/**
 * The keys of a cluster, with copies of those that an erasure destroys, so that the checker can still read what was
 * stored.
 */
export class Escrow {
  private readonly copies = new Map<string, StoredKey>();

  /** @param env the variables of the cluster's keys */
  constructor(private readonly env: Readonly<Record<string, string>>) {}

  /** Copies the keys of a partner before an erasure. */
  async copy(partnerId: string): Promise<void> {
    await this.withStore(async (store) => {
      for (const key of await store.living([partnerId])) this.copies.set(key.key_id, key);
    });
  }

  /** The partners of copied keys. */
  get partners(): readonly string[] {
    return [...new Set([...this.copies.values()].map(({ partner_id }) => partner_id))];
  }

  /** The partners of copied keys that have a key. */
  living(): Promise<readonly string[]> {
    return this.withStore(async (store) =>
      (await store.living(this.partners)).map(({ partner_id }) => partner_id),
    );
  }

  /** Runs `work` with all keys, including destroyed ones. */
  use<T>(work: (keys: DataKeys) => Promise<T>): Promise<T> {
    return this.withStore(async (store, masterKeys) => {
      const masters = openMasterKeys(masterKeys);
      const byId = store.byId.bind(store);
      const all = Object.assign(store, { byId: async (id: string) => this.copies.get(id) ?? byId(id) });
      try {
        return await work(new DataKeys(all, masters));
      } finally {
        masters.close?.();
      }
    });
  }

  private async withStore<T>(work: (store: KeyStore, masterKeys: string) => Promise<T>): Promise<T> {
    const { keys } = loadKeysConfig(this.env);
    if (keys === null) throw new Error('The cluster has no keys.');
    const store = openKeyStore(keys.storeUrl, createLogger('keys', 'silent'));
    try {
      return await work(store, keys.masterKeys);
    } finally {
      await store.close();
    }
  }
}
