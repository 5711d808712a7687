import { expect, test } from '@jest/globals';
import type { PartitionMetadata } from 'kafkajs';
import kafkajs from 'kafkajs';
import { createPartitioner } from './partitioner.ts';

const partitionMetadata = Array.from({ length: 6 }, (_, partitionId) => ({
  partitionId,
  leader: 1,
})) as unknown as PartitionMetadata[];

function choose(key: string | Buffer, choosing = createPartitioner()): number {
  return choosing({ topic: 'orders.events', partitionMetadata, message: { key, value: null } });
}

test('a key gets the same partition as with other clients', () => {
  const texts = Array.from({ length: 50 }, (_, n) => `ORD${n}`);
  const bytes = Array.from({ length: 200 }, (_, n) =>
    Buffer.from(Array.from({ length: n }, (_1, k) => n * k)),
  );
  const keys = [...texts, 'भुगतान', '\u{1F69A}', ...bytes];
  const others = kafkajs.Partitioners.DefaultPartitioner();
  expect(keys.map((key) => choose(key))).toEqual(keys.map((key) => choose(key, others)));
});

test('a key of 900 KB gets its partition at once', () => {
  const began = performance.now();
  const chosen = choose(Buffer.alloc(900_000, 'k'));
  expect(performance.now() - began).toBeLessThan(1_000);
  expect(chosen).toBe(choose(Buffer.alloc(900_000, 'k')));
});
