/** Thrown when neither the key store nor the service of the master keys answers: nothing was read or written; try again. */
export class KeyStoreUnavailableError extends Error {
  override readonly name = 'KeyStoreUnavailableError';
  readonly code = 'key_store_unavailable';

  constructor(options?: ErrorOptions) {
    super('The key store is unavailable.', options);
  }
}

/** Thrown when a master key is not at hand, and others are: what it wrapped waits until it is put back, nothing else does. */
export class MasterKeyMissingError extends KeyStoreUnavailableError {}

/** Thrown when a partner was erased, and who needs a key is no part of a new beginning: none is made, now or later. */
export class PartnerErasedError extends Error {
  override readonly name = 'PartnerErasedError';
  readonly code = 'partner_erased';

  constructor(
    /** Of the partner's last erasure. */
    readonly receiptId: string,
  ) {
    super('The partner was erased, and gets no key.');
  }
}

/** Undefined in place of the key of a partner who was erased. @throws any other error */
export function noKeyIfErased(error: unknown): undefined {
  if (!(error instanceof PartnerErasedError)) throw error;
}

/** Thrown when a sealed value names a key that the key store never had, or has in a form that does not open. */
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
