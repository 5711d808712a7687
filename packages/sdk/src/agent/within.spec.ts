import { expect, test } from '@jest/globals';
import { deferred } from '../client/deferred.ts';
import { within } from './within.ts';

test.each([Infinity, 2 ** 31])('a limit of %p ms does not end at once', async (ms) => {
  const work = deferred<void>();
  let isOver = false;
  const waiting = within(work.promise, ms).then(() => (isOver = true));
  await new Promise((resolve) => void setTimeout(resolve, 20));
  expect(isOver).toBe(false);
  work.resolve();
  await waiting;
});
