import { randomBytes, randomUUID } from 'node:crypto';
import type { LRUCache } from 'lru-cache';
import { Breaker, BudgetExceededError, expiringCache, inParallel, RecentValues } from '#platform';
import type { DataKey } from './data-key.ts';
import { dataKey } from './data-key.ts';
import {
  KeyStoreUnavailableError,
  MasterKeyMissingError,
  PartnerErasedError,
  UnknownKeyError,
  noKeyIfErased,
} from './errors.ts';
import type { Erasure, KeyStore, StoredKey } from './key-store.ts';
import type { MasterKeys } from './master-keys.ts';

/** Stands for a destroyed key, and for everything that was sealed with it. */
export const erased = 'erased';

/** Keys fetched at a time. */
const keysAtOnce = 8;

interface DataKeysOptions {
  /** How long an unwrapped key stays in memory (ms), and how many at most. */
  readonly keepMs?: number;
  readonly max?: number;
  /** Whether the personal fields of a new event are sealed as one. */
  readonly together?: boolean;
  /** Pause after the key store, or the holder of the master keys, did not answer (ms). */
  readonly retryMs?: number;
  /** Called for each key unwrapped by a master key, and for each call that failed or was skipped. */
  readonly onUnwrapped?: () => void;
  readonly onFailure?: () => void;
}

/** The key of a partner's new values, and the last erasure before it, as far as it was known. */
interface CurrentKey {
  readonly id: string;
  readonly after: string | undefined;
}

/** The receipt of the erasure after which a partner has started again; undefined: the partner has not, or is being erased again. */
type BegunAfter = (partnerId: string) => Promise<string | undefined>;

/** The data keys of partners; the most recently used are kept in memory, unwrapped, for some minutes. */
export class DataKeys {
  private readonly ids: LRUCache<string, CurrentKey>;
  private readonly keys: LRUCache<string, DataKey | typeof erased>;
  /** Blind indexes of values in rows, since many values are indexed again and again; for a minute after their last use. */
  readonly indexes = new RecentValues<string>(5_000, 60_000);
  /** Pending fetches, which concurrent callers share. */
  private readonly flights = new Map<string, Promise<unknown>>();
  /** Whether the personal fields of a new event are sealed as one. */
  readonly together: boolean;
  private readonly storeBreaker: Breaker;
  private readonly masterBreaker: Breaker;
  /** Incremented by each `forget`: a key fetched meanwhile is not kept. */
  private generation = 0;
  private begunAfter: BegunAfter = async () => undefined;

  constructor(
    private readonly store: KeyStore,
    private readonly masters: MasterKeys,
    private readonly options: DataKeysOptions = {},
  ) {
    const { keepMs: ttl = 300_000, max = 50_000, retryMs = 1_000, onFailure: onSkipped } = options;
    this.together = options.together ?? false;
    // What is not used any more does not wait for a newer key to take its place.
    this.ids = expiringCache({ max, ttl, ttlAutopurge: true });
    this.keys = expiringCache({ max, ttl, ttlAutopurge: true });
    this.storeBreaker = new Breaker({ retryMs, isFailure, onSkipped });
    this.masterBreaker = new Breaker({ retryMs, isFailure, onSkipped });
  }

  /** Sets how to find out who has started again: the ledger may get an erasure afterwards, such as one from before there were keys. */
  askBeginnings(begunAfter: BegunAfter): void {
    this.begunAfter = begunAfter;
  }

  /** The number of keys in memory. */
  get size(): number {
    return this.keys.size;
  }

  /** A key in memory; undefined: call `byId`. */
  cached(keyId: string): DataKey | typeof erased | undefined {
    return this.keys.get(keyId);
  }

  /** The key that seals a partner's new values, if it is in memory. */
  cachedOf(partnerId: string): DataKey | undefined {
    const key = this.keys.get(this.ids.get(partnerId)?.id ?? '');
    return key === erased ? undefined : key;
  }

  /**
   * The keys that seal the new values of partners, as `of`; those in memory take no waiting.
   * @param instead what stands for a key that cannot be had, from the error; it throws those that it does not stand for
   * @throws KeyStoreUnavailableError
   */
  async ofAll<T>(
    partnerIds: Iterable<string>,
    instead: (error: unknown) => T,
  ): Promise<ReadonlyMap<string, DataKey | T>> {
    const found = new Map<string, DataKey | T>();
    const missing = new Set<string>();
    for (const partnerId of partnerIds) {
      if (found.has(partnerId)) continue;
      const key = this.cachedOf(partnerId);
      if (key === undefined) missing.add(partnerId);
      else found.set(partnerId, key);
    }
    if (missing.size > 0)
      await inParallel(missing, keysAtOnce, async (partnerId) => {
        found.set(partnerId, await this.of(partnerId).catch(instead));
      });
    return found;
  }

  /**
   * The key that seals a partner's new values, created on first use. After an erasure a partner gets one only when starting
   * again: the caller names the erasure's receipt in `after`, or `askBeginnings` finds it. A cached key from before is not used.
   * @throws PartnerErasedError, KeyStoreUnavailableError, or the error of that lookup
   */
  async of(partnerId: string, after?: string): Promise<DataKey> {
    const isTrusted = after === undefined || this.ids.get(partnerId)?.after === after;
    const cached = isTrusted ? this.cachedOf(partnerId) : undefined;
    if (cached !== undefined) return cached;
    const fetching = this.alone(`of ${partnerId} ${after}`, () => this.fetchOf(partnerId, after));
    return after === undefined
      ? fetching.catch((error: unknown) => this.ofBegun(partnerId, error))
      : fetching;
  }

  /** As `of`, but creates none; undefined: the partner has none. @throws KeyStoreUnavailableError */
  async existing(partnerId: string): Promise<DataKey | undefined> {
    const cached = this.cachedOf(partnerId);
    if (cached !== undefined || (await this.madeAt(partnerId)) === undefined) return cached;
    return this.of(partnerId).catch(noKeyIfErased);
  }

  /** The key that sealed a value. @throws UnknownKeyError, KeyStoreUnavailableError */
  async byId(keyId: string): Promise<DataKey | typeof erased> {
    return this.keys.get(keyId) ?? this.alone(`id ${keyId}`, () => this.fetchById(keyId));
  }

  /** Drops the keys of a partner and all indexes from memory, and which keys are destroyed: a key comes back with its partner from another cell. */
  forget(partnerId: string): void {
    this.generation += 1;
    this.flights.clear();
    this.indexes.clear();
    this.ids.delete(partnerId);
    for (const [keyId, key] of this.keys) {
      if (key === erased || key.partner_id === partnerId) this.keys.delete(keyId);
    }
  }

  /**
   * Destroys the keys of a partner that were created before a time (ISO 8601), irreversibly.
   * @returns how many keys were destroyed with this time, now or by an earlier call
   * @throws KeyStoreUnavailableError
   */
  async destroy(partnerId: string, before: string): Promise<number> {
    this.forget(partnerId);
    return (await this.ask(this.storeBreaker, () => this.store.destroy(partnerId, before))).length;
  }

  /** As in the key store: from now on the partner gets no key. @throws KeyStoreUnavailableError */
  beginErasure(erasure: Erasure): Promise<string> {
    return this.ask(this.storeBreaker, () => this.store.beginErasure(erasure));
  }

  /** The receipt of the partner's last erasure in the ledger. @throws KeyStoreUnavailableError */
  lastErasure(partnerId: string): Promise<string | undefined> {
    return this.ask(this.storeBreaker, () => this.store.lastErasure(partnerId));
  }

  /** When the partner's living key was created (ISO 8601); undefined: there is none. @throws KeyStoreUnavailableError */
  async madeAt(partnerId: string): Promise<string | undefined> {
    return (await this.ask(this.storeBreaker, () => this.store.current(partnerId)))?.created_at;
  }

  /** The given erasures whose partners still have a key from before. @throws KeyStoreUnavailableError */
  async undone(erasures: readonly Erasure[]): Promise<Erasure[]> {
    const ids = erasures.map(({ partner_id }) => partner_id);
    const living = await this.ask(this.storeBreaker, () => this.store.living(ids));
    const made = new Map(living.map(({ partner_id, created_at }) => [partner_id, created_at]));
    return erasures.filter(({ partner_id, erased_at }) => {
      const created = made.get(partner_id);
      return created !== undefined && created < erased_at;
    });
  }

  /** Records a past erasure in the ledger, once per receipt. @throws KeyStoreUnavailableError */
  recordErasure(erasure: Erasure): Promise<void> {
    return this.ask(this.storeBreaker, () => this.store.recordErasure(erasure));
  }

  /** The ledger of erasures in time order. @throws KeyStoreUnavailableError */
  erasures(after?: string): Promise<readonly Erasure[]> {
    return this.ask(this.storeBreaker, () => this.store.erasures(after));
  }

  /** Health check: rejects when new keys can be neither fetched nor created. */
  async ping(): Promise<void> {
    await this.store.ping();
    if (this.masterBreaker.isOpen) throw new Error('The master keys are unavailable.');
  }

  private async fetchOf(partnerId: string, after: string | undefined): Promise<DataKey> {
    const { generation } = this;
    const stored =
      (await this.ask(this.storeBreaker, () => this.store.current(partnerId))) ??
      (await this.create(partnerId, after));
    const key = await this.unwrap(stored, generation);
    // It was just destroyed.
    if (key === erased) return this.fetchOf(partnerId, after);
    if (generation === this.generation) this.ids.set(partnerId, { id: key.id, after });
    return key;
  }

  /** The key of an erased partner who has started again without one. @throws the given error if the partner has not */
  private async ofBegun(partnerId: string, error: unknown): Promise<DataKey> {
    const receipt = error instanceof PartnerErasedError ? await this.begunAfter(partnerId) : undefined;
    if (receipt === undefined) throw error;
    return this.of(partnerId, receipt);
  }

  private async fetchById(keyId: string): Promise<DataKey | typeof erased> {
    const { generation } = this;
    const stored = await this.ask(this.storeBreaker, () => this.store.byId(keyId));
    if (stored === undefined) throw new UnknownKeyError(keyId);
    return this.unwrap(stored, generation);
  }

  private async create(partner_id: string, after: string | undefined): Promise<StoredKey> {
    const key_id = randomUUID();
    const wrapped = await this.ask(this.masterBreaker, () =>
      this.masters.wrap(randomBytes(32), { partner_id, key_id }),
    );
    const created_at = new Date().toISOString();
    const key = { key_id, partner_id, wrapped, created_at, destroyed_at: null };
    return this.ask(this.storeBreaker, () => this.store.add(key, after));
  }

  private async unwrap(
    { key_id, partner_id, wrapped }: StoredKey,
    generation: number,
  ): Promise<DataKey | typeof erased> {
    const key =
      wrapped === null
        ? erased
        : dataKey(
            key_id,
            partner_id,
            await this.ask(this.masterBreaker, () => this.masters.unwrap(wrapped, { partner_id, key_id })),
          );
    if (key !== erased) this.options.onUnwrapped?.();
    // A partner has one living key: another cached one is destroyed by now.
    if (key !== erased && this.ids.get(partner_id)?.id !== key_id) this.ids.delete(partner_id);
    if (generation === this.generation) this.keys.set(key_id, key);
    return key;
  }

  private async ask<T>(breaker: Breaker, call: () => Promise<T>): Promise<T> {
    try {
      return await breaker.run(call);
    } catch (cause) {
      throw cause instanceof BudgetExceededError ? new KeyStoreUnavailableError({ cause }) : cause;
    }
  }

  private alone<T>(what: string, fetch: () => Promise<T>): Promise<T> {
    const flight = this.flights.get(what) as Promise<T> | undefined;
    if (flight) return flight;
    const own = fetch().finally(() => {
      if (this.flights.get(what) === own) this.flights.delete(what);
    });
    this.flights.set(what, own);
    return own;
  }
}

function isFailure(error: unknown): boolean {
  return error instanceof KeyStoreUnavailableError && !(error instanceof MasterKeyMissingError);
}
