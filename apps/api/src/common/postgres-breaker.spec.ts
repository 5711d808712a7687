import { expect, jest, test } from '@jest/globals';
import { BudgetExceededError, sleep } from '#platform';
import { PostgresBreaker } from './postgres-breaker.ts';

const full = new Error('timeout exceeded when trying to connect');
const tooSlow = Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
const hung = new Error('Query read timeout');
const breaker = (): PostgresBreaker => new PostgresBreaker();
const answer = async (): Promise<string> => 'answer';

async function fail(error: Error): Promise<never> {
  throw error;
}

test.each([full, tooSlow])('queries go on after one that failed with "%s"', async (error) => {
  const queries = breaker();
  await expect(queries.run(() => fail(error))).rejects.toBe(error);
  await expect(queries.run(answer)).resolves.toBe('answer');
});

test.each([hung, new Error('Connection terminated due to connection timeout')])(
  'queries fail at once after one that failed with "%s"',
  async (error) => {
    const queries = breaker();
    await expect(queries.run(() => fail(error))).rejects.toBe(error);
    await expect(queries.run(answer)).rejects.toThrow(BudgetExceededError);
  },
);

test('one that found no free connection does not end a silence of PostgreSQL', async () => {
  const queries = breaker();
  const { promise, reject } = Promise.withResolvers<never>();
  const waiting = queries.run(() => promise);
  await expect(queries.run(() => fail(hung))).rejects.toBe(hung);
  reject(full);
  await expect(waiting).rejects.toBe(full);
  await expect(queries.run(answer)).rejects.toThrow(BudgetExceededError);
});

test('a query that waited for a connection may still run as long as a statement may', async () => {
  jest.useFakeTimers();
  const query = breaker().run(() => sleep(1_900 + 4_000).then(answer));
  await jest.advanceTimersByTimeAsync(6_000);
  jest.useRealTimers();
  await expect(query).resolves.toBe('answer');
});
