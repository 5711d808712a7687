import { NonRetryableError } from '#messaging';
import { AppendTooLargeError, CommandIdReusedError, CommandRejectedError } from '#sessions';

/**
 * The result of `read`, or why the message cannot be read: reading needs no backing service, so a retry would fail
 * again.
 */
export function readOrError<T>(read: () => T): T | NonRetryableError {
  try {
    return read();
  } catch (error) {
    if (error instanceof NonRetryableError) return error;
    return new NonRetryableError('schema_broken', String(error), { cause: error });
  }
}

/** A rejection of the domain is not retryable, nor events of that size: they would be refused again. Any other error is passed on. */
export function toWorkerError(error: unknown): unknown {
  if (error instanceof CommandRejectedError) {
    const { code, reason } = error.rejection;
    return new NonRetryableError('refused', `${code}: ${reason}`, { cause: error });
  }
  if (error instanceof AppendTooLargeError)
    return new NonRetryableError('refused', error.message, { cause: error });
  if (error instanceof CommandIdReusedError) {
    const message = 'An event with the same source and id was received before with other data.';
    return new NonRetryableError('refused', message, { cause: error });
  }
  return error;
}
