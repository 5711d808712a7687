/** Thrown when a token is not accepted; the message is for the caller's eyes. */
export class InvalidTokenError extends Error {
  override readonly name = 'InvalidTokenError';
  readonly code = 'invalid_token';
}

/** Thrown when the keys of the issuer cannot be had, so that no token can be checked; try again. */
export class IssuerUnavailableError extends Error {
  override readonly name = 'IssuerUnavailableError';
  readonly code = 'issuer_unavailable';

  constructor(options?: ErrorOptions) {
    super('The keys of the issuer are unavailable.', options);
  }
}
