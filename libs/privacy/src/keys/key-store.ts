/** A data key as a master key has wrapped it. */
export interface WrappedKey {
  readonly master_key_id: string;
  readonly ciphertext: Uint8Array;
}

/** A partner's data key as it is kept: wrapped by a master key, or destroyed. */
export interface StoredKey {
  readonly key_id: string;
  readonly partner_id: string;
  /** Null: destroyed, for good. */
  readonly wrapped: WrappedKey | null;
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

/** How many data keys there are. */
export interface KeyCounts {
  readonly destroyed: number;
  /** Of those that live: by the master key that wraps them. */
  readonly wrapped_by: Readonly<Record<string, number>>;
}

/**
 * Where data keys live: a server, credentials and backups of their own, so that no backup of data contains them.
 * Every method ends within some seconds, and throws KeyStoreUnavailableError when the store does not answer.
 */
export interface KeyStore {
  /** The partner's key that new values are sealed with; undefined: none, or all are destroyed. */
  current(partnerId: string): Promise<StoredKey | undefined>;
  /** The living keys of several partners. */
  living(partnerIds: readonly string[]): Promise<readonly StoredKey[]>;
  byId(keyId: string): Promise<StoredKey | undefined>;
  /**
   * Stores a partner's first key; of two writers at once, one wins, and both get its key. A partner whom the ledger has gets
   * one only where `after` is the receipt of the last erasure, decided in one step with the ledger. The key counts as made no
   * earlier than that erasure, nor than the keys before were destroyed: clocks differ.
   * @throws PartnerErasedError
   */
  add(key: StoredKey, after?: string): Promise<StoredKey>;
  /**
   * Stores a partner's key of another key store under the same id; one that was destroyed here lives again, unless the ledger
   * has an erasure that the key is older than.
   * @throws PartnerErasedError
   */
  adopt(key: StoredKey): Promise<void>;
  /** Destroys the keys of a partner that were made before; returns the ids of all that it has had. Doing it again changes nothing. */
  destroy(partnerId: string, before: string): Promise<readonly string[]>;
  /**
   * Destroys a key only as it is wrapped here; false: it is destroyed, or was wrapped anew since it was read, such as by whoever
   * has adopted it again.
   */
  destroyAsIs(key: StoredKey): Promise<boolean>;
  /**
   * Notes an erasure that begins now: from here on the partner gets no key. Doing it again changes nothing.
   * @returns when it counts as done (ISO 8601): later than each key that the partner has, and than the erasures before
   */
  beginErasure(erasure: Erasure): Promise<string>;
  /** Notes an erasure of the past in the ledger; the same receipt once. */
  recordErasure(erasure: Erasure): Promise<void>;
  /** The receipt of the partner's last erasure; undefined: there was none. */
  lastErasure(partnerId: string): Promise<string | undefined>;
  /** The ledger in the order of time; `after`: only what was erased later (ISO 8601). */
  erasures(after?: string): Promise<readonly Erasure[]>;
  /** Living keys that another master key wraps, in the order of their ids. */
  wrappedByOthers(masterKeyId: string, limit: number): Promise<readonly StoredKey[]>;
  /** Puts `to` in the place of `from`; false: the key is wrapped otherwise by now, or destroyed. */
  rewrap(keyId: string, from: WrappedKey, to: WrappedKey): Promise<boolean>;
  /** The living keys of partners whose ids begin so, that were made before a time (ISO 8601). */
  madeBefore(partnerPrefix: string, before: string): Promise<readonly StoredKey[]>;
  counts(): Promise<KeyCounts>;
  /** Resolves when the store answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
