import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { DataKeys } from './data-keys.ts';
import type { Erasure, KeyStore, StoredKey } from './key-store.ts';
import type { MasterKeys } from './master-keys.ts';

/** For specs: keys that live in memory. */
export class MemoryKeyStore implements KeyStore {
  readonly keys = new Map<string, StoredKey>();
  readonly ledger = new Map<string, Erasure>();

  async current(partnerId: string): Promise<StoredKey | undefined> {
    return this.liveOf(partnerId)[0];
  }

  async byId(keyId: string): Promise<StoredKey | undefined> {
    return this.keys.get(keyId);
  }

  async add(key: StoredKey): Promise<StoredKey> {
    const [live = key] = this.liveOf(key.partner_id);
    this.keys.set(live.key_id, live);
    return live;
  }

  async destroy(partnerId: string, at: string): Promise<readonly string[]> {
    const live = this.liveOf(partnerId);
    for (const key of live) this.keys.set(key.key_id, { ...key, wrapped: null, destroyed_at: at });
    return live.map(({ key_id }) => key_id);
  }

  async recordErasure(erasure: Erasure): Promise<void> {
    if (!this.ledger.has(erasure.receipt_id))
      this.ledger.set(erasure.receipt_id, { reason_class: null, ...erasure });
  }

  async erasures(after = ''): Promise<readonly Erasure[]> {
    const later = [...this.ledger.values()].filter(({ erased_at }) => erased_at > after);
    return later.sort((a, b) => (a.erased_at < b.erased_at ? -1 : 1));
  }

  private liveOf(partnerId: string): StoredKey[] {
    return [...this.keys.values()].filter(
      ({ partner_id, wrapped }) => partner_id === partnerId && wrapped !== null,
    );
  }
}

const master = randomBytes(32);

/** For specs: a master key of this process. */
export const testMasterKeys: MasterKeys = {
  currentId: 'spec',
  wrap: async (secret, context) => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', master, nonce).setAAD(Buffer.from(JSON.stringify(context)));
    const ciphertext = Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
    return { master_key_id: 'spec', ciphertext };
  },
  unwrap: async ({ ciphertext }, context) => {
    const decipher = createDecipheriv('aes-256-gcm', master, ciphertext.subarray(0, 12));
    decipher.setAAD(Buffer.from(JSON.stringify(context))).setAuthTag(ciphertext.subarray(-16));
    return Buffer.concat([decipher.update(ciphertext.subarray(12, -16)), decipher.final()]);
  },
};

/** For specs: data keys of their own. */
export function testDataKeys(store: KeyStore = new MemoryKeyStore()): DataKeys {
  return new DataKeys(store, testMasterKeys);
}
