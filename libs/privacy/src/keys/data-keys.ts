import { randomBytes, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { DataKey } from './data-key.ts';
import { dataKey } from './data-key.ts';
import { UnknownKeyError } from './errors.ts';
import type { Erasure, KeyStore, StoredKey } from './key-store.ts';
import type { MasterKeys } from './master-keys.ts';

/** What stands for a key that was destroyed, and with it for everything that was sealed with it. */
export const erased = 'erased';

interface DataKeysOptions {
  /** How long an unwrapped key stays in memory (ms), and how many at most. */
  readonly keepMs?: number;
  readonly max?: number;
}

/** The data keys of partners, those used last unwrapped in memory for some minutes. */
export class DataKeys {
  private readonly ids: LRUCache<string, string>;
  private readonly keys: LRUCache<string, DataKey | typeof erased>;

  constructor(
    private readonly store: KeyStore,
    private readonly masters: MasterKeys,
    { keepMs = 300_000, max = 50_000 }: DataKeysOptions = {},
  ) {
    this.ids = new LRUCache({ max, ttl: keepMs });
    this.keys = new LRUCache({ max, ttl: keepMs });
  }

  /** A key that is in memory; undefined: ask `byId`. */
  cached(keyId: string): DataKey | typeof erased | undefined {
    return this.keys.get(keyId);
  }

  /** The key that a partner's new values are sealed with, if it is in memory. */
  cachedOf(partnerId: string): DataKey | undefined {
    const key = this.keys.get(this.ids.get(partnerId) ?? '');
    return key === erased ? undefined : key;
  }

  /** The key that a partner's new values are sealed with, made on first use. @throws KeyStoreUnavailableError */
  async of(partnerId: string): Promise<DataKey> {
    const cached = this.cachedOf(partnerId);
    if (cached) return cached;
    const stored = (await this.store.current(partnerId)) ?? (await this.create(partnerId));
    const key = await this.unwrap(stored);
    if (key === erased) return this.of(partnerId);
    this.ids.set(partnerId, key.id);
    return key;
  }

  /** The key that a value was sealed with. @throws UnknownKeyError, KeyStoreUnavailableError */
  async byId(keyId: string): Promise<DataKey | typeof erased> {
    const cached = this.keys.get(keyId);
    if (cached !== undefined) return cached;
    const stored = await this.store.byId(keyId);
    if (stored === undefined) throw new UnknownKeyError(keyId);
    return this.unwrap(stored);
  }

  /** Drops the keys of a partner from memory. */
  forget(partnerId: string): void {
    const id = this.ids.get(partnerId);
    if (id !== undefined) this.keys.delete(id);
    this.ids.delete(partnerId);
    for (const [keyId, key] of this.keys) {
      if (key !== erased && key.partner_id === partnerId) this.keys.delete(keyId);
    }
  }

  /**
   * Destroys the keys of a partner that were made before a time (ISO 8601), for good.
   * @returns how many keys the partner has had
   * @throws KeyStoreUnavailableError
   */
  async destroy(partnerId: string, before: string): Promise<number> {
    this.forget(partnerId);
    const current = await this.store.current(partnerId);
    if (current !== undefined && current.created_at >= before) return 0;
    return (await this.store.destroy(partnerId, before)).length;
  }

  /** Whether a partner has a key that was made before a time (ISO 8601). @throws KeyStoreUnavailableError */
  async hasKeyFrom(partnerId: string, before: string): Promise<boolean> {
    const current = await this.store.current(partnerId);
    return current !== undefined && current.created_at < before;
  }

  /** Notes an erasure in the ledger; the same receipt once. @throws KeyStoreUnavailableError */
  recordErasure(erasure: Erasure): Promise<void> {
    return this.store.recordErasure(erasure);
  }

  /** The ledger of erasures in the order of time. @throws KeyStoreUnavailableError */
  erasures(after?: string): Promise<readonly Erasure[]> {
    return this.store.erasures(after);
  }

  private async create(partner_id: string): Promise<StoredKey> {
    const key_id = randomUUID();
    const wrapped = await this.masters.wrap(randomBytes(32), { partner_id, key_id });
    const created_at = new Date().toISOString();
    return this.store.add({ key_id, partner_id, wrapped, created_at, destroyed_at: null });
  }

  private async unwrap({ key_id, partner_id, wrapped }: StoredKey): Promise<DataKey | typeof erased> {
    const key =
      wrapped === null
        ? erased
        : dataKey(key_id, partner_id, await this.masters.unwrap(wrapped, { partner_id, key_id }));
    this.keys.set(key_id, key);
    return key;
  }
}
