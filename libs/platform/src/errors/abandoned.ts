/** Thrown when nobody waits for a read any more, for example since the caller has gone. */
export class AbandonedError extends Error {
  override readonly name = 'AbandonedError';

  constructor() {
    super('Nobody waits for the answer any more.');
  }
}

/** @throws AbandonedError when the signal has aborted */
export function assertWanted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbandonedError();
}
