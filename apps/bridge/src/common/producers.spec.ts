import { expect, test } from '@jest/globals';
import type { Config } from '#platform';
import { createLogger } from '#platform';
import { Producers } from './producers.ts';

test('each source has one producer, which sends nothing else', async () => {
  const config = { kafka: { brokers: ['127.0.0.1:9092'] } } as unknown as Config;
  const producers = new Producers(config, createLogger('bridge', 'silent'));
  const [orders, again, payments] = ['orders', 'orders', 'payments'].map((source) =>
    producers.requestsTo(source),
  );
  expect(again).toBe(orders);
  expect(new Set([orders, payments, producers.conversations, producers.deadLetters]).size).toBe(4);
  await producers.close();
});
