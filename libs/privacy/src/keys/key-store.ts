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
}
