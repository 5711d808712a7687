/** Thrown when a token is not accepted; the message is shown to the caller. */
export class InvalidTokenError extends Error {
  override readonly name = 'InvalidTokenError';
  readonly code = 'invalid_token';
}

/** Thrown when the issuer's keys are unavailable, so that no token can be verified; try again. */
export class IssuerUnavailableError extends Error {
  override readonly name = 'IssuerUnavailableError';
  readonly code = 'issuer_unavailable';

  constructor(options?: ErrorOptions) {
    super('The keys of the issuer are unavailable.', options);
  }
}
