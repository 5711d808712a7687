/** A data key wrapped by a master key. */
export interface WrappedKey {
  readonly master_key_id: string;
  readonly ciphertext: Uint8Array;
}

/** A partner's data key as stored: wrapped by a master key, or destroyed. */
export interface StoredKey {
  readonly key_id: string;
  readonly partner_id: string;
  /** Null: destroyed, irreversibly. */
  readonly wrapped: WrappedKey | null;
  /** ISO 8601. */
  readonly created_at: string;
  readonly destroyed_at: string | null;
}

/** An entry of the ledger: whose data was erased. It outlives the data's backups. */
export interface Erasure {
  readonly partner_id: string;
  /** ISO 8601. */
  readonly erased_at: string;
  readonly receipt_id: string;
  /** The class of the reason, such as `request` or `inactivity`; never its text. */
  readonly reason_class?: string | null;
}

/** How many data keys there are. */
export interface KeyCounts {
  readonly destroyed: number;
  /** The number of living keys by the master key that wraps them. */
  readonly wrapped_by: Readonly<Record<string, number>>;
}

/**
 * Stores data keys, with its own server, credentials and backups, so that no backup of data contains keys.
 * Every method ends within some seconds, and throws KeyStoreUnavailableError when the store does not answer.
 */
export interface KeyStore {
  /** The key that seals the partner's new values; undefined: there is none, or all are destroyed. */
  current(partnerId: string): Promise<StoredKey | undefined>;
  /** The living keys of several partners. */
  living(partnerIds: readonly string[]): Promise<readonly StoredKey[]>;
  byId(keyId: string): Promise<StoredKey | undefined>;
  /**
   * Stores a partner's first key. When two writers race, one wins and both get its key. A partner in the ledger gets a key
   * only if `after` is the receipt of the last erasure, checked atomically with the ledger. Since clocks differ, the key counts as
   * created no earlier than that erasure and the destruction of the previous keys.
   * @throws PartnerErasedError
   */
  add(key: StoredKey, after?: string): Promise<StoredKey>;
  /**
   * Stores a partner's key from another key store under the same id. A key that was destroyed here lives again, unless the ledger
   * has an erasure that is later than the key.
   * @throws PartnerErasedError
   */
  adopt(key: StoredKey): Promise<void>;
  /**
   * Destroys the partner's keys created before a time, which is then the time of their destruction. Idempotent.
   * @returns the ids of the keys that were destroyed with this time, now or by an earlier call
   */
  destroy(partnerId: string, before: string): Promise<readonly string[]>;
  /**
   * Destroys a key only if it is still wrapped as given; false: it was destroyed or wrapped anew since it was read, for
   * example when it was adopted again.
   */
  destroyAsIs(key: StoredKey): Promise<boolean>;
  /**
   * Records an erasure that begins now: from here on the partner gets no key. Idempotent.
   * @returns when it counts as done (ISO 8601): later than each of the partner's keys and earlier erasures
   */
  beginErasure(erasure: Erasure): Promise<string>;
  /** Records a past erasure in the ledger, once per receipt. */
  recordErasure(erasure: Erasure): Promise<void>;
  /** The receipt of the partner's last erasure; undefined: there was none. */
  lastErasure(partnerId: string): Promise<string | undefined>;
  /** The ledger in time order; `after`: only later erasures (ISO 8601). */
  erasures(after?: string): Promise<readonly Erasure[]>;
  /** Living keys wrapped by another master key, ordered by id. */
  wrappedByOthers(masterKeyId: string, limit: number): Promise<readonly StoredKey[]>;
  /** Replaces `from` by `to`; false: the key was rewrapped or destroyed meanwhile. */
  rewrap(keyId: string, from: WrappedKey, to: WrappedKey): Promise<boolean>;
  /** The living keys of partners whose ids have the prefix, created before a time (ISO 8601). */
  madeBefore(partnerPrefix: string, before: string): Promise<readonly StoredKey[]>;
  counts(): Promise<KeyCounts>;
  /** Resolves when the store answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
