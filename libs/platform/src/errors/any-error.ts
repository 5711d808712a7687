import { types } from 'node:util';
import { textWithoutData } from './without-data.ts';

/**
 * An error of a driver or of Node. Not checked by `instanceof`: with several globals (jest), Node's own errors
 * are not instances of the local Error.
 */
interface AnyError extends Error {
  readonly code?: unknown;
}

export function isError(value: unknown): value is AnyError {
  return types.isNativeError(value) || value instanceof Error;
}

/** Its text, or its code: the error of a refused connection to a host name has only a code. */
export function reasonOf(error: unknown): string {
  if (!isError(error)) return String(error);
  if (error.message) return textWithoutData(error);
  return typeof error.code === 'string' ? error.code : error.name;
}
