import { expect, test } from '@jest/globals';
import { KeyStoreUnavailableError } from '#privacy';
import { StoreUnavailableError } from '#sessions';
import { explained } from './explained.ts';
import { Failure } from './failure.ts';

const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
const named = (name: string): Error => Object.assign(new Error('refused'), { name });

test.each([
  ['The keys are', new KeyStoreUnavailableError({ cause: refused })],
  ['The event store does', new StoreUnavailableError({ cause: refused })],
  ['Kafka does', named('KafkaJSConnectionError')],
  ['Valkey does', named('MaxRetriesPerRequestError')],
  ['Valkey does', new Error('Redis did not answer within 10000 ms')],
  ['PostgreSQL does', refused],
  ['PostgreSQL does', Object.assign(new Error('shutting down'), { code: '57P01' })],
])('names what is away: %s', (start, error) => {
  const found = explained(error);
  expect(found).toBeInstanceOf(Failure);
  expect((found as Failure).message).toMatch(new RegExp(`^${start}`));
});

test('leaves any other error as it is', () => {
  const error = new Error('a fault');
  expect(explained(error)).toBe(error);
});
