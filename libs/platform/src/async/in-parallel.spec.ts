import { expect, test } from '@jest/globals';
import { inParallel } from './in-parallel.ts';
import { sleep } from './sleep.ts';

test('works on a limited number at a time, and on each once', async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;
  await inParallel([1, 2, 3, 4, 5].values(), 2, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await sleep(2);
    running -= 1;
    done.push(item);
  });
  expect([new Set(done), done.length, most]).toEqual([new Set([1, 2, 3, 4, 5]), 5, 2]);
});

test('after a failure nothing more starts, and it is thrown once the running work has ended', async () => {
  const ended: number[] = [];
  const working = inParallel([1, 2, 3, 4], 2, async (item) => {
    if (item === 1) throw new Error('one');
    await sleep(5);
    ended.push(item);
  });
  await expect(working).rejects.toThrow('one');
  expect(ended).toEqual([2]);
});

test('after the signal nothing more starts', async () => {
  const stop = new AbortController();
  const begun: number[] = [];
  await inParallel(
    [1, 2, 3],
    1,
    async (item) => {
      begun.push(item);
      stop.abort();
    },
    stop.signal,
  );
  expect(begun).toEqual([1]);
});
