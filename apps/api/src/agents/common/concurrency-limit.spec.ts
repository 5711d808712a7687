import { expect, test } from '@jest/globals';
import { ConcurrencyLimit } from './concurrency-limit.ts';

test('as much work runs as the limit allows, the rest in the order in which it came', async () => {
  const limit = new ConcurrencyLimit(2);
  const begun: number[] = [];
  const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const done = gates.map(({ promise }, n) =>
    limit.run(() => {
      begun.push(n);
      return promise;
    }),
  );
  expect(begun).toEqual([0, 1]);
  gates[1]?.resolve();
  await done[1];
  expect(begun).toEqual([0, 1, 2]);
  for (const { resolve } of gates) resolve();
  await Promise.all(done);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test('work that fails makes room for the next', async () => {
  const limit = new ConcurrencyLimit(1);
  await expect(limit.run(() => Promise.reject(new Error('spec')))).rejects.toThrow('spec');
  await expect(limit.run(() => Promise.resolve(1))).resolves.toBe(1);
});
