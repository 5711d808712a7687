import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createLogger, Metrics } from '#platform';
import type { CommandResult } from '#sessions';
import { CommandRejectedError, StoreUnavailableError } from '#sessions';
import { BridgeMetrics } from '../common/metrics.ts';
import { ExpiryTimer } from './timer.ts';

const over = new CommandRejectedError({ code: 'session_over', reason: 'It is over.' }, 0, 1);

/** A timer over sessions that are all due, and those that it examined; `errors`: how their expiry fails. */
function timerOver(
  ids: readonly string[],
  errors: Readonly<Record<string, Error>>,
): { readonly timer: ExpiryTimer; readonly examined: string[] } {
  const examined: string[] = [];
  const execute = async ({ sessionId }: { sessionId: string }): Promise<CommandResult> => {
    examined.push(sessionId);
    throw errors[sessionId] ?? over;
  };
  const metrics = new BridgeMetrics(new Metrics('bridge'));
  const logger = createLogger('bridge', 'silent');
  const timer = new ExpiryTimer(async () => ids, { execute }, { expiryIntervalMs: 10 }, metrics, logger);
  return { timer, examined };
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('a session that cannot expire does not delay the others', async () => {
  const { timer, examined } = timerOver(['bad', 'good'], { bad: new Error('strange event') });
  await timer.round();
  expect(examined).toEqual(['bad', 'good']);
});

test('a session that was examined is left alone for a while', async () => {
  const { timer, examined } = timerOver(['bad'], { bad: new Error('strange event') });
  await timer.round();
  await timer.round();
  expect(examined).toEqual(['bad']);
});

test('while the store is unavailable the same sessions are tried again', async () => {
  const { timer, examined } = timerOver(['first'], { first: new StoreUnavailableError() });
  await timer.round();
  await timer.round();
  expect(examined).toEqual(['first', 'first']);
});

test('a round follows the other until the signal aborts', async () => {
  const { timer, examined } = timerOver(['first'], { first: new StoreUnavailableError() });
  const stop = new AbortController();
  const running = timer.run(stop.signal);
  await jest.advanceTimersByTimeAsync(25);
  stop.abort();
  await running;
  expect(examined).toHaveLength(3);
});
