import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { TaskQueue } from './task-queue.ts';

test('runs a limited number at a time, in order, while other work makes way', async () => {
  const queue = new TaskQueue(2);
  const done: number[] = [];
  let running = 0;
  let most = 0;
  for (const number of [1, 2, 3, 4]) {
    queue.add(async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(5);
      running -= 1;
      done.push(number);
    });
  }
  await queue.yieldToDeadlines(1_000);
  expect(done).toEqual([1, 2, 3, 4]);
  expect(most).toBe(2);
});

test('other work waits no longer than it said, and not at all when there is nothing to do', async () => {
  const queue = new TaskQueue(1);
  await queue.yieldToDeadlines(60_000);
  const { promise, resolve } = Promise.withResolvers<void>();
  let over = false;
  queue.add(async () => {
    await promise;
    over = true;
  });
  await queue.yieldToDeadlines(5);
  expect(over).toBe(false);
  resolve();
  await queue.stop();
});

test('stopping gives up what waits', async () => {
  const queue = new TaskQueue(1);
  let second = false;
  queue.add(() => sleep(5));
  queue.add(async () => {
    second = true;
  });
  await queue.stop();
  expect(second).toBe(false);
});
