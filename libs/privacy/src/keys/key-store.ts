/** A partner's data key as it is kept: wrapped by a master key, or destroyed. */
export interface StoredKey {
  readonly key_id: string;
  readonly partner_id: string;
  /** Null: destroyed, for good. */
  readonly wrapped: { readonly master_key_id: string; readonly ciphertext: Uint8Array } | null;
  /** ISO 8601. */
  readonly created_at: string;
  readonly destroyed_at: string | null;
}

/** A line of the ledger: whose data was erased. It outlives the data's backups. */
export interface Erasure {
  readonly partner_id: string;
  /** ISO 8601. */
  readonly erased_at: string;
  readonly receipt_id: string;
  /** Of what kind the reason is, such as `request` or `inactivity`; never its text. */
  readonly reason_class?: string | null;
}

/**
 * Where data keys live: a server, credentials and backups of their own, so that no backup of data contains them.
 * Every method throws KeyStoreUnavailableError when the store does not answer.
 */
export interface KeyStore {
  /** The partner's key that new values are sealed with; undefined: none, or all are destroyed. */
  current(partnerId: string): Promise<StoredKey | undefined>;
  byId(keyId: string): Promise<StoredKey | undefined>;
  /** Stores a partner's first key; of two writers at once, one wins, and both get its key. */
  add(key: StoredKey): Promise<StoredKey>;
  /** Destroys all keys of a partner; returns their ids. Doing it again changes nothing. */
  destroy(partnerId: string, at: string): Promise<readonly string[]>;
  /** Notes an erasure in the ledger; the same receipt once. */
  recordErasure(erasure: Erasure): Promise<void>;
  /** The ledger in the order of time; `after`: only what was erased later (ISO 8601). */
  erasures(after?: string): Promise<readonly Erasure[]>;
}
