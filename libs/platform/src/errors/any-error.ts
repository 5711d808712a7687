import { types } from 'node:util';
import { textWithoutData } from './without-data.ts';

/**
 * An error as drivers and Node make them. Not by `instanceof`: where there are several globals (jest), Node's own errors
 * are no instances of the Error at hand.
 */
interface AnyError extends Error {
  readonly code?: unknown;
}

export function isError(value: unknown): value is AnyError {
  return types.isNativeError(value) || value instanceof Error;
}

/** Its text, else its code: the error of a refused connection to a name has only that. */
export function reasonOf(error: unknown): string {
  if (!isError(error)) return String(error);
  if (error.message) return textWithoutData(error);
  return typeof error.code === 'string' ? error.code : error.name;
}
