import { afterAll, expect, test } from '@jest/globals';
import { NonRetryableError } from '#messaging';
import { createLogger, createPool } from '#platform';
import { IndexLag } from '../references/index-lag.ts';
import { SessionFinder } from '../references/session-finder.ts';
import { KeptUpdates } from '../updates/kept-updates.ts';
import { Ownership } from '../updates/ownership.ts';
import { UpdateRecorder } from '../updates/recorder.ts';
import type { AddressedUpdate } from './external-updates.ts';
import { ExternalUpdates } from './external-updates.ts';

const pool = createPool(process.env['DATABASE_URL'] ?? '', { logger: createLogger('bridge', 'silent') });
afterAll(() => pool.end());

function event(order_id: string, note = ''): Buffer {
  const data = { order_id, status: 'shipped', note };
  const attributes = { specversion: '1.0', id: '1', source: '/orders', type: 'orders.order_updated.v1' };
  return Buffer.from(JSON.stringify({ ...attributes, data }));
}

async function addressOf(value: Buffer): Promise<AddressedUpdate | NonRetryableError | undefined> {
  const config = { keepUpdatesHours: 24, foreignReferences: 'refuse' } as const;
  const [kept, ownership] = [new KeptUpdates(pool, config), new Ownership(pool, config)];
  const recorder = new UpdateRecorder({ execute: () => Promise.reject(new Error('no command')) });
  const updates = new ExternalUpdates(
    new SessionFinder(pool),
    kept,
    ownership,
    recorder,
    new IndexLag(pool, config),
  );
  const place = { topic: 'orders.events', partition: 0, offset: '0', key: null, timestamp: '0' };
  const [addressed] = await updates.address([{ ...place, value }]);
  return addressed;
}

test('an event with an unknown reference concerns no session', async () => {
  expect(await addressOf(event('ORD-nobody'))).toMatchObject({ page: { sessions: [] } });
});

test('an event with a reference that the index cannot hold concerns no session', async () => {
  expect(await addressOf(event('ORD\0'))).toMatchObject({ page: { sessions: [] } });
});

test('a message that cannot be read is not retryable', async () => {
  expect(await addressOf(Buffer.from('{'))).toBeInstanceOf(NonRetryableError);
});

test('data that is too large for a conversation is not retryable', async () => {
  expect(await addressOf(event('ORD-1', 'x'.repeat(65_536)))).toMatchObject({ code: 'schema_broken' });
});

test('a number that would be rounded is not retryable', async () => {
  const value = Buffer.from(String(event('ORD-1', '@')).replace('"@"', '9007199254740993'));
  expect(await addressOf(value)).toMatchObject({
    code: 'schema_broken',
    message: expect.stringContaining('note'),
  });
});
