import { expect, test } from '@jest/globals';
import { inSlices } from './in-slices.ts';

/** Items that are all there already, so that no waiting for them lets other work run. */
async function* ready(count: number): AsyncGenerator<number> {
  for (let item = 0; item < count; item += 1) yield item;
}

/** Keeps the event loop busy. */
function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('other work has its turn before long work ends', async () => {
  const order: string[] = [];
  setImmediate(() => order.push('other'));
  for await (const ms of inSlices(ready(50))) work(Math.min(ms, 1));
  order.push('long');
  expect(order).toEqual(['other', 'long']);
});

test('every item comes once, in order', async () => {
  expect(await Array.fromAsync(inSlices(ready(100)))).toEqual(Array.from({ length: 100 }, (_, item) => item));
});

test('leaving before the end closes the source', async () => {
  let closed = false;
  async function* source(): AsyncGenerator<number> {
    try {
      yield* ready(10);
    } finally {
      closed = true;
    }
  }
  for await (const item of inSlices(source())) if (item === 2) break;
  expect(closed).toBe(true);
});
