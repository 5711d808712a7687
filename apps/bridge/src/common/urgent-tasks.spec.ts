import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { sleep } from '#platform';
import { UrgentTasks } from './urgent-tasks.ts';

let tasks: UrgentTasks;
beforeEach(() => {
  jest.useFakeTimers();
  tasks = new UrgentTasks();
});
afterEach(() => {
  jest.useRealTimers();
});

test('a limited number of tasks runs at a time', async () => {
  let running = 0;
  let most = 0;
  for (let count = 0; count < 200; count += 1) {
    void tasks.run(async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(5);
      running -= 1;
    });
  }
  await jest.advanceTimersByTimeAsync(20);
  expect([most, running]).toEqual([64, 0]);
});

test('tasks begin in their order', async () => {
  const begun: number[] = [];
  for (let number = 0; number < 100; number += 1) {
    void tasks.run(async () => {
      begun.push(number);
      await sleep(5);
    });
  }
  await jest.advanceTimersByTimeAsync(10);
  expect(begun).toEqual([...begun].sort((a, b) => a - b));
  expect(begun).toHaveLength(100);
});

test('other work waits until no task runs', async () => {
  let done = false;
  void tasks.run(async () => {
    await sleep(100);
    done = true;
  });
  const yielding = tasks.yieldToDeadlines().then(() => done);
  await jest.advanceTimersByTimeAsync(100);
  await expect(yielding).resolves.toBe(true);
});

test('other work waits for a limited time only', async () => {
  void tasks.run(() => sleep(60_000));
  const yielded = jest.fn();
  void tasks.yieldToDeadlines().then(yielded);
  await jest.advanceTimersByTimeAsync(499);
  expect(yielded).not.toHaveBeenCalled();
  await jest.advanceTimersByTimeAsync(1);
  expect(yielded).toHaveBeenCalled();
});

test('other work does not wait when there is nothing to do', async () => {
  await expect(tasks.yieldToDeadlines()).resolves.toBeUndefined();
});

test('a task that failed makes room for the next', async () => {
  const failing = Array.from({ length: 64 }, () => tasks.run(() => Promise.reject(new Error('failed'))));
  const next = tasks.run(async () => undefined);
  await Promise.allSettled(failing);
  await expect(next).resolves.toBeUndefined();
});

test('stopping waits for the running tasks and drops the others', async () => {
  const done: string[] = [];
  for (let count = 0; count < 64; count += 1) {
    void tasks.run(async () => {
      await sleep(5);
      done.push('in progress');
    });
  }
  void tasks.run(async () => void done.push('waiting'));
  const stopping = tasks.stop();
  await jest.advanceTimersByTimeAsync(5);
  await stopping;
  expect(done).toHaveLength(64);
  expect(done).not.toContain('waiting');
});
