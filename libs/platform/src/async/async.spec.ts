import { expect, jest, test } from '@jest/globals';
import { KeyedMutex } from './keyed-mutex.ts';
import { repeat } from './repeat.ts';
import { backOffMs, retry } from './retry.ts';
import { sleep } from './sleep.ts';
import { waitUntil } from './wait-until.ts';
import { withBudget } from './with-budget.ts';
import { withTimeout } from './with-timeout.ts';

test('a sleep ends at once when its signal aborts', async () => {
  const stop = new AbortController();
  const sleeping = sleep(3_600_000, stop.signal);
  stop.abort();
  await expect(sleeping).resolves.toBeUndefined();
});

test('a sleep with an aborted signal does not wait', async () => {
  await expect(sleep(3_600_000, AbortSignal.abort())).resolves.toBeUndefined();
});

test('a sleep lasts as long as it says', async () => {
  jest.useFakeTimers();
  const woke = jest.fn();
  void sleep(1_000).then(woke);
  await jest.advanceTimersByTimeAsync(999);
  expect(woke).not.toHaveBeenCalled();
  await jest.advanceTimersByTimeAsync(1);
  expect(woke).toHaveBeenCalled();
  jest.useRealTimers();
});

test('retry returns the result of the first success and reports each failure before it', async () => {
  const failures: number[] = [];
  let left = 2;
  const work = async (): Promise<string> => {
    if (left-- > 0) throw new Error('not yet');
    return 'done';
  };
  const result = await retry(work, { minMs: 1, onRetry: (_, attempt) => failures.push(attempt) });
  expect([result, failures]).toEqual(['done', [1, 2]]);
});

test('retry throws an error that is not retryable at once', async () => {
  const work = jest.fn(() => Promise.reject(new Error('final')));
  await expect(retry(work, { isRetryable: () => false })).rejects.toThrow('final');
  expect(work).toHaveBeenCalledTimes(1);
});

test('retry throws the error of its last attempt', async () => {
  const work = jest.fn(() => Promise.reject(new Error('still failing')));
  await expect(retry(work, { minMs: 1, attempts: 3 })).rejects.toThrow('still failing');
  expect(work).toHaveBeenCalledTimes(3);
});

test('retry resets to the shortest pause after a long attempt', async () => {
  jest.useFakeTimers();
  const stop = new AbortController();
  const durations = [0, 0, 0, 10_000];
  const work = jest.fn(async () => {
    await sleep(durations.shift() ?? 0);
    throw new Error('failed');
  });
  const options = { minMs: 1_000, maxMs: 60_000, resetAfterMs: 10_000 };
  const retrying = retry(work, { ...options, signal: stop.signal });
  while (work.mock.calls.length < 4) await jest.advanceTimersByTimeAsync(1_000);
  await jest.advanceTimersByTimeAsync(10_000 + 1_250);
  expect(work).toHaveBeenCalledTimes(5);
  stop.abort();
  await retrying;
  jest.useRealTimers();
});

test('retry ends without a result when its signal aborts', async () => {
  const stop = new AbortController();
  const retrying = retry(() => Promise.reject(new Error('unavailable')), {
    signal: stop.signal,
    minMs: 3_600_000,
    maxMs: 3_600_000,
    onRetry: () => setImmediate(() => stop.abort()),
  });
  await expect(retrying).resolves.toBeUndefined();
});

test.each([
  [1, 37.5, 62.5],
  [3, 150, 250],
  [30, 1_500, 2_500],
])('the pause after failure %i is between %d and %d ms', (attempt, least, most) => {
  const pause = backOffMs(attempt, { minMs: 50, maxMs: 2_000 });
  expect(pause).toBeGreaterThanOrEqual(least);
  expect(pause).toBeLessThanOrEqual(most);
});

test('repeat runs its work again after a failure, until its signal aborts', async () => {
  const stop = new AbortController();
  const errors: unknown[] = [];
  let runs = 0;
  const work = async (): Promise<void> => {
    runs += 1;
    if (runs === 1) throw new Error('first');
    stop.abort();
  };
  await repeat(work, { everyMs: 1, signal: stop.signal, onError: (error) => errors.push(error) });
  expect([runs, errors]).toEqual([2, [new Error('first')]]);
});

test('repeat resolves only after the current run has ended', async () => {
  const stop = new AbortController();
  const gate = Promise.withResolvers<void>();
  const events: string[] = [];
  const work = async (): Promise<void> => {
    stop.abort();
    await gate.promise;
    events.push('run ended');
  };
  const repeating = repeat(work, { everyMs: 1, signal: stop.signal, onError: () => undefined });
  const done = repeating.then(() => events.push('resolved'));
  setTimeout(gate.resolve, 5);
  await done;
  expect(events).toEqual(['run ended', 'resolved']);
});

test('withTimeout settles like its promise in time', async () => {
  await expect(withTimeout(Promise.resolve(1), 3_600_000, () => new Error('late'))).resolves.toBe(1);
});

test('withTimeout rejects with the given error when the promise takes too long', async () => {
  await expect(withTimeout(new Promise(() => undefined), 1, () => new Error('late'))).rejects.toThrow('late');
});

test('withBudget takes an answer that arrived while the process was busy', async () => {
  const { port1, port2 } = new MessageChannel();
  const arrived = new Promise((resolve) => port2.once('message', resolve));
  port1.postMessage('answer');
  const answer = withBudget(arrived, 1, () => new Error('late'));
  const until = performance.now() + 20;
  while (performance.now() < until);
  await expect(answer).resolves.toBe('answer');
  port1.close();
});

test('withBudget rejects with the given error when nothing has arrived in time', async () => {
  await expect(withBudget(new Promise(() => undefined), 1, () => new Error('late'))).rejects.toThrow('late');
});

test('waitUntil resolves once the condition holds', async () => {
  let looks = 0;
  await waitUntil(() => (looks += 1) === 3, { everyMs: 1 });
  expect(looks).toBe(3);
});

test('waitUntil names what it waited for, with the last error as cause', async () => {
  const failing = waitUntil(() => Promise.reject(new Error('no connection')), {
    what: 'the row',
    timeoutMs: 5,
    everyMs: 1,
  });
  await expect(failing).rejects.toMatchObject({
    message: 'Timed out after 5 ms waiting for the row.',
    cause: { message: 'no connection' },
  });
});

test('work of one key runs in sequence, work of different keys in parallel', async () => {
  const mutex = new KeyedMutex();
  const events: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = mutex.run('a', async () => {
    await gate.promise;
    events.push('a1');
  });
  const second = mutex.run('a', async () => void events.push('a2'));
  await mutex.run('b', async () => void events.push('b'));
  gate.resolve();
  await Promise.all([first, second]);
  expect(events).toEqual(['b', 'a1', 'a2']);
});

test('failed work does not delay the next work of its key', async () => {
  const mutex = new KeyedMutex();
  const failed = mutex.run('a', () => Promise.reject(new Error('failed')));
  const next = mutex.run('a', async () => 'done');
  await expect(failed).rejects.toThrow('failed');
  await expect(next).resolves.toBe('done');
});
