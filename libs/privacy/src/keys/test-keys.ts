import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { DataKeys } from './data-keys.ts';
import { PartnerErasedError, UnknownKeyError } from './errors.ts';
import type { Erasure, KeyCounts, KeyStore, StoredKey, WrappedKey } from './key-store.ts';
import type { MasterKeys } from './master-keys.ts';

/** For specs: keys in memory. */
export class MemoryKeyStore implements KeyStore {
  readonly keys = new Map<string, StoredKey>();
  readonly ledger = new Map<string, Erasure>();

  async current(partnerId: string): Promise<StoredKey | undefined> {
    return this.aliveOf(partnerId);
  }

  async living(partnerIds: readonly string[]): Promise<readonly StoredKey[]> {
    return this.alive().filter(({ partner_id }) => partnerIds.includes(partner_id));
  }

  async byId(keyId: string): Promise<StoredKey | undefined> {
    return this.keys.get(keyId);
  }

  async add(key: StoredKey, after?: string): Promise<StoredKey> {
    const last = this.erasuresOf(key.partner_id).at(-1);
    const alive = this.aliveOf(key.partner_id);
    if (alive === undefined && last !== undefined && last.receipt_id !== after)
      throw new PartnerErasedError(last.receipt_id);
    const before = [...this.keys.values()].filter(({ partner_id }) => partner_id === key.partner_id);
    const destroyed = before.map(({ destroyed_at }) => destroyed_at ?? '');
    const live = alive ?? {
      ...key,
      created_at: latest([key.created_at, last?.erased_at ?? '', ...destroyed]),
    };
    this.keys.set(live.key_id, live);
    return live;
  }

  async adopt(key: StoredKey): Promise<void> {
    const later = this.erasuresOf(key.partner_id).find(({ erased_at }) => erased_at > key.created_at);
    if (later !== undefined) throw new PartnerErasedError(later.receipt_id);
    this.keys.set(key.key_id, key);
  }

  async destroy(partnerId: string, before: string): Promise<readonly string[]> {
    for (const key of this.alive())
      if (key.partner_id === partnerId && key.created_at < before)
        this.keys.set(key.key_id, { ...key, wrapped: null, destroyed_at: before });
    const destroyed = [...this.keys.values()].filter(
      ({ partner_id, destroyed_at }) => partner_id === partnerId && destroyed_at === before,
    );
    return destroyed.map(({ key_id }) => key_id).sort();
  }

  async destroyAsIs({ key_id, wrapped }: StoredKey): Promise<boolean> {
    const key = this.keys.get(key_id);
    if (wrapped === null || key?.wrapped !== wrapped) return false;
    this.keys.set(key_id, { ...key, wrapped: null, destroyed_at: new Date().toISOString() });
    return true;
  }

  async beginErasure(erasure: Erasure): Promise<string> {
    const { partner_id, erased_at, receipt_id } = erasure;
    const made = [...this.keys.values()].filter((key) => key.partner_id === partner_id);
    const past = [
      ...made.map(({ created_at }) => created_at),
      ...this.erasuresOf(partner_id).map((one) => one.erased_at),
    ];
    const later = past.map((time) => new Date(Date.parse(time) + 1).toISOString());
    await this.recordErasure({ ...erasure, erased_at: latest([erased_at, ...later]) });
    return this.ledger.get(receipt_id)?.erased_at ?? erased_at;
  }

  async lastErasure(partnerId: string): Promise<string | undefined> {
    return this.erasuresOf(partnerId).at(-1)?.receipt_id;
  }

  async recordErasure(erasure: Erasure): Promise<void> {
    if (!this.ledger.has(erasure.receipt_id))
      this.ledger.set(erasure.receipt_id, { reason_class: null, ...erasure });
  }

  async erasures(after = ''): Promise<readonly Erasure[]> {
    const later = [...this.ledger.values()].filter(({ erased_at }) => erased_at > after);
    return later.sort((a, b) => (a.erased_at < b.erased_at ? -1 : 1));
  }

  async wrappedByOthers(masterKeyId: string, limit: number): Promise<readonly StoredKey[]> {
    const others = this.alive().filter(({ wrapped }) => wrapped?.master_key_id !== masterKeyId);
    return others.sort((a, b) => (a.key_id < b.key_id ? -1 : 1)).slice(0, limit);
  }

  async rewrap(keyId: string, from: WrappedKey, to: WrappedKey): Promise<boolean> {
    const key = this.keys.get(keyId);
    const isSame =
      key?.wrapped?.master_key_id === from.master_key_id &&
      Buffer.from(from.ciphertext).equals(key.wrapped.ciphertext);
    if (key && isSame) this.keys.set(keyId, { ...key, wrapped: to });
    return isSame;
  }

  async madeBefore(partnerPrefix: string, before: string): Promise<readonly StoredKey[]> {
    return this.alive().filter(
      ({ partner_id, created_at }) => partner_id.startsWith(partnerPrefix) && created_at < before,
    );
  }

  async counts(): Promise<KeyCounts> {
    const ids = Map.groupBy(this.alive(), ({ wrapped }) => wrapped?.master_key_id ?? '');
    const wrapped_by = Object.fromEntries([...ids].map(([id, keys]) => [id, keys.length]));
    return { destroyed: this.keys.size - this.alive().length, wrapped_by };
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {}

  private erasuresOf(partnerId: string): Erasure[] {
    const own = [...this.ledger.values()].filter(({ partner_id }) => partner_id === partnerId);
    return own.sort((a, b) => (a.erased_at < b.erased_at ? -1 : 1));
  }

  private aliveOf(partnerId: string): StoredKey | undefined {
    return this.alive().find(({ partner_id }) => partner_id === partnerId);
  }

  private alive(): StoredKey[] {
    return [...this.keys.values()].filter(({ wrapped }) => wrapped !== null);
  }
}

function latest(times: readonly string[]): string {
  return times.toSorted().at(-1) ?? '';
}

const master = randomBytes(32);

/** For specs: a master key of this process. */
export const testMasterKeys: MasterKeys = {
  current: async () => 'spec',
  wrap: async (secret, context) => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', master, nonce).setAAD(Buffer.from(JSON.stringify(context)));
    const ciphertext = Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
    return { master_key_id: 'spec', ciphertext };
  },
  unwrap: async ({ ciphertext }, context) => {
    try {
      const decipher = createDecipheriv('aes-256-gcm', master, ciphertext.subarray(0, 12));
      decipher.setAAD(Buffer.from(JSON.stringify(context))).setAuthTag(ciphertext.subarray(-16));
      return Buffer.concat([decipher.update(ciphertext.subarray(12, -16)), decipher.final()]);
    } catch (cause) {
      throw new UnknownKeyError(context.key_id, { cause });
    }
  },
};

/** For specs: data keys in a key store of their own. */
export function testDataKeys(store: KeyStore = new MemoryKeyStore(), together = false): DataKeys {
  return new DataKeys(store, testMasterKeys, { together });
}
