import { expect, test } from '@jest/globals';
import { Slices } from './slices.ts';

/** Does pieces of work that take a millisecond each; returns after which of them other work could run. */
async function interruptions(pieces: number): Promise<number[]> {
  let now = 0;
  const slices = new Slices(() => now);
  const found: number[] = [];
  for (let piece = 1; piece <= pieces; piece += 1) {
    now += 1;
    const other = setImmediate(() => found.push(piece));
    await slices.next();
    clearImmediate(other);
  }
  return found;
}

test('other work can run every ten milliseconds', async () => {
  expect(await interruptions(35)).toEqual([10, 20, 30]);
});

test('short work is not interrupted', async () => {
  expect(await interruptions(9)).toEqual([]);
});
