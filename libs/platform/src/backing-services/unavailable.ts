import { isError } from '../errors/any-error.ts';

/** Node's codes, and those of `StoreUnavailableError`, `KeyStoreUnavailableError`, `StoreOverloadedError` and `BudgetExceededError`. */
const codes = new Set([
  'store_unavailable',
  'key_store_unavailable',
  'store_overloaded',
  'budget_exceeded',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** PostgreSQL: connection exceptions, out of connections, statement timeout, shutting down, crashed, starting up. */
const sqlStates = /^(08[0-9A-Z]{3}|53300|57014|57P0[1-3])$/;
/** Types of the event store client's errors. */
const storeTypes = new Set(['unavailable', 'deadline-exceeded', 'timeout', 'cancelled', 'not-leader']);
const errorNames = new Set([
  'MaxRetriesPerRequestError',
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSGroupCoordinatorNotFound',
]);
/** Errors that can only be recognised by their text: of ioredis, of pg, of the event store client. */
const texts = [
  /^Connection is closed/,
  /^Stream isn't writeable and enableOfflineQueue/,
  /^Command timed out/,
  /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|TRYAGAIN) /,
  /^Cluster (isn't ready|is ended)/,
  /^Too many Cluster redirections/,
  /^(None of startup nodes is available|Failed to refresh slots cache)/,
  /^Connection terminated/,
  /^timeout exceeded when trying to connect/,
  /^timeout expired$/,
  /^Query read timeout/,
  /^Socket timeout\. Expecting data/,
  /not queryable$/,
  /^Failed to discover after/,
];

/**
 * Whether an error, or one of its causes, means that a backing service is temporarily unavailable: worth a retry, and
 * for HTTP a 503. A pending write may or may not have been recorded.
 */
export function isUnavailable(error: unknown, depth = 0): boolean {
  if (!isError(error) || depth > 5) return false;
  const code = typeof error.code === 'string' ? error.code : '';
  if (codes.has(code) || sqlStates.test(code) || errorNames.has(error.name)) return true;
  if ('type' in error && typeof error.type === 'string' && storeTypes.has(error.type)) return true;
  if (texts.some((text) => text.test(error.message))) return true;
  const inner: readonly unknown[] = 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  return [error.cause, ...inner].some((item) => isUnavailable(item, depth + 1));
}
