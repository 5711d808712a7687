/** Thrown when neither the key store nor the service of the master keys answers: nothing was read or written; try again. */
export class KeyStoreUnavailableError extends Error {
  override readonly name = 'KeyStoreUnavailableError';
  readonly code = 'key_store_unavailable';

  constructor(options?: ErrorOptions) {
    super('The key store is unavailable.', options);
  }
}

/** Thrown when one master key is missing while others work: only what it wrapped waits until it is restored. */
export class MasterKeyMissingError extends KeyStoreUnavailableError {}

/** Thrown when a partner was erased and gets no new key, now or later, since the caller does not start the partner again. */
export class PartnerErasedError extends Error {
  override readonly name = 'PartnerErasedError';
  readonly code = 'partner_erased';

  constructor(
    /** The receipt of the partner's last erasure. */
    readonly receiptId: string,
  ) {
    super('The partner was erased, and gets no key.');
  }
}

/** Returns undefined instead of an erased partner's key. @throws any other error */
export function noKeyIfErased(error: unknown): undefined {
  if (!(error instanceof PartnerErasedError)) throw error;
}

/** Thrown when a sealed value names a key that the key store never had, or that it cannot unwrap. */
export class UnknownKeyError extends Error {
  override readonly name = 'UnknownKeyError';
  readonly code = 'unknown_key';

  constructor(
    readonly keyId: string,
    options?: ErrorOptions,
  ) {
    super(`The key store has no key ${keyId} that opens.`, options);
  }
}
