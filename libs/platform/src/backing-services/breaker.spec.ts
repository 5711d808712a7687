import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Breaker, BudgetExceededError } from './breaker.ts';

const never = (): Promise<never> => new Promise(() => undefined);
const answer = jest.fn(async () => 'answer');

let breaker: Breaker;
let skipped: number;
beforeEach(() => {
  jest.useFakeTimers();
  answer.mockClear();
  skipped = 0;
  breaker = new Breaker({ budgetMs: 100, retryMs: 1_000, onSkipped: () => (skipped += 1) });
});
afterEach(() => {
  jest.useRealTimers();
});

/** Lets a call hang until it times out. */
async function hang(): Promise<void> {
  const hanging = breaker.run(never).catch((error: unknown) => error);
  await jest.advanceTimersByTimeAsync(101);
  expect(await hanging).toBeInstanceOf(BudgetExceededError);
}

test('a call that is answered in time is passed on', async () => {
  await expect(breaker.run(answer)).resolves.toBe('answer');
  expect([breaker.isOpen, skipped]).toEqual([false, 0]);
});

test('a call times out after its budget, and the next ones are not made', async () => {
  await hang();
  await expect(breaker.run(answer)).rejects.toThrow(BudgetExceededError);
  expect(answer).not.toHaveBeenCalled();
  expect([breaker.isOpen, skipped]).toEqual([true, 2]);
});

test('an unavailable service is not called again at once', async () => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  await expect(breaker.run(() => Promise.reject(refused))).rejects.toBe(refused);
  await expect(breaker.run(answer)).rejects.toThrow(BudgetExceededError);
});

test('an error response of the service counts as an answer', async () => {
  await expect(breaker.run(() => Promise.reject(new Error('wrong type')))).rejects.toThrow('wrong type');
  await expect(breaker.run(answer)).resolves.toBe('answer');
});

test('an earlier call that ends during the trial lets no second one through', async () => {
  const earlier = Promise.withResolvers<string>();
  const refused = new Error('refused');
  const isFailure = (error: unknown): true | undefined => (error === refused ? true : undefined);
  const unlimited = new Breaker({ retryMs: 1_000, isFailure });
  const first = unlimited.run(() => earlier.promise).catch((error: unknown) => error);
  await unlimited.run(() => Promise.reject(refused)).catch(() => undefined);
  await jest.advanceTimersByTimeAsync(1_000);
  const trial = Promise.withResolvers<string>();
  const running = unlimited.run(() => trial.promise);
  earlier.reject(new Error('no sign of anything'));
  await first;
  await expect(unlimited.run(answer)).rejects.toThrow(BudgetExceededError);
  trial.resolve('back');
  await running;
});

test('after the pause one call is the trial, and its answer lets all others through', async () => {
  await hang();
  await jest.advanceTimersByTimeAsync(1_000);
  const { promise, resolve } = Promise.withResolvers<string>();
  const trial = breaker.run(() => promise);
  await expect(breaker.run(answer)).rejects.toThrow(BudgetExceededError);
  resolve('back');
  await expect(trial).resolves.toBe('back');
  await expect(breaker.run(answer)).resolves.toBe('answer');
  expect(breaker.isOpen).toBe(false);
});

test('an error response to the trial lets all others through', async () => {
  await hang();
  await jest.advanceTimersByTimeAsync(1_000);
  await expect(breaker.run(() => Promise.reject(new Error('wrong type')))).rejects.toThrow('wrong type');
  expect(breaker.isOpen).toBe(false);
  await expect(Promise.all([breaker.run(answer), breaker.run(answer)])).resolves.toEqual([
    'answer',
    'answer',
  ]);
});

test('a trial without an answer restarts the pause', async () => {
  await hang();
  await jest.advanceTimersByTimeAsync(1_000);
  await hang();
  await jest.advanceTimersByTimeAsync(500);
  await expect(breaker.run(answer)).rejects.toThrow(BudgetExceededError);
});

const isSilence = (error: unknown): boolean => (error as Error).message === 'silent';

test('what counts as a failure can be narrowed', async () => {
  const narrow = new Breaker({ retryMs: 1_000, isFailure: isSilence });
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  await expect(narrow.run(() => Promise.reject(refused))).rejects.toBe(refused);
  await expect(narrow.run(answer)).resolves.toBe('answer');
  await expect(narrow.run(() => Promise.reject(new Error('silent')))).rejects.toThrow('silent');
  await expect(narrow.run(answer)).rejects.toThrow(BudgetExceededError);
});

test('a call without a budget never times out', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const result = new Breaker({ retryMs: 1_000 }).run(() => promise);
  await jest.advanceTimersByTimeAsync(3_600_000);
  resolve('late');
  await expect(result).resolves.toBe('late');
});
