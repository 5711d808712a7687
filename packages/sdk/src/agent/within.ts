import { timerMs } from '../client/timer.ts';

/** Resolves when the promise has settled, at the latest after `ms` milliseconds. Never rejects. */
export async function within(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timerMs(ms));
  });
  await Promise.race([promise.catch(() => undefined), limit]);
  clearTimeout(timer);
}
