import { expect, test } from '@jest/globals';
import { Semaphore } from './semaphore.ts';

test('lets a limited number run at once, in order', async () => {
  const semaphore = new Semaphore(2);
  const running: (() => void)[] = [];
  const begun: number[] = [];
  const all = [0, 1, 2, 3].map((item) =>
    semaphore.run(() => {
      begun.push(item);
      return new Promise<void>((resolve) => running.push(resolve));
    }),
  );
  expect(begun).toEqual([0, 1]);
  running[1]?.();
  await all[1];
  expect(begun).toEqual([0, 1, 2]);
  running[0]?.();
  await all[0];
  running[2]?.();
  running[3]?.();
  await Promise.all(all);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test('continues after failed work', async () => {
  const semaphore = new Semaphore(1);
  const failed = semaphore.run(() => Promise.reject(new Error('one')));
  const next = semaphore.run(async () => 'two');
  await expect(failed).rejects.toThrow('one');
  expect(await next).toBe('two');
});
