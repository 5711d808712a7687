import { afterAll, expect, test } from '@jest/globals';
import { NonRetryableError } from '#messaging';
import { createLogger, createPool } from '#platform';
import { addressIncoming } from './external-updates.ts';

const pool = createPool(process.env['DATABASE_URL'] ?? '', { logger: createLogger('bridge', 'silent') });
afterAll(() => pool.end());

function event(order_id: string): Buffer {
  const data = { order_id, status: 'shipped' };
  const attributes = { specversion: '1.0', id: '1', source: '/orders', type: 'orders.order_updated.v1' };
  return Buffer.from(JSON.stringify({ ...attributes, data }));
}

test('what the index cannot hold concerns nobody and holds nobody up; what cannot be read is a fault', async () => {
  const received = [event('ORD\0'), event('ORD-nobody'), Buffer.from('{')].map((value, index) => ({
    topic: 'orders.events',
    partition: 0,
    offset: String(index),
    key: null,
    value,
    timestamp: '0',
  }));
  const [strange, unknown, broken] = await addressIncoming(pool, received);
  expect(strange).toMatchObject({ sessions: [] });
  expect(unknown).toMatchObject({ sessions: [] });
  expect(broken).toBeInstanceOf(NonRetryableError);
});
