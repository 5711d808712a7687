import { isUnavailable } from '#platform';
import { unreachable } from './address.ts';
import { Failure } from './failure.ts';

/** The messages of ioredis without a connection; no other property identifies these errors. */
const redisTexts =
  /^(Connection is closed|Stream isn't writeable|Command timed out|Socket timeout|Redis did not answer)/;
const eventStoreCodes: ReadonlySet<unknown> = new Set(['store_unavailable', 'store_overloaded']);

/** Turns the error of an unavailable backing service into one line that names it; returns others unchanged. */
export function explained(error: unknown): unknown {
  const { name = '', code, message = '', cause } = error as Partial<Error> & { code?: unknown };
  if (code === 'key_store_unavailable') {
    const reason = cause instanceof Error ? ` (${cause.message})` : '';
    return new Failure(`The keys are unavailable${reason}: look at KEYSTORE_URL and MASTER_KEYS.`);
  }
  if (eventStoreCodes.has(code)) return unreachable('EVENTSTORE_URL', cause);
  if (name.startsWith('KafkaJS')) return unreachable('KAFKA_BROKERS', error);
  if (name === 'MaxRetriesPerRequestError' || redisTexts.test(message))
    return unreachable('REDIS_URL', error);
  return isUnavailable(error) ? unreachable('DATABASE_URL', error) : error;
}
