import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createLogger, Metrics } from '#platform';
import type { CommandResult } from '#sessions';
import { CommandRejectedError, StoreUnavailableError, streamMatches } from '#sessions';
import { BridgeMetrics } from '../common/metrics.ts';
import type { DueSessions } from './due-sessions.ts';
import { ExpiryTimer } from './timer.ts';

const over = new CommandRejectedError({ code: 'session_over', reason: 'It is over.' }, 0, 1);

/** A timer over sessions that are all due, and the sessions that it examined; `errors`: the errors of their expiry. */
function timerOver(
  ids: readonly string[],
  errors: Readonly<Record<string, Error>>,
  prefixes: string[] = everything,
): { readonly timer: ExpiryTimer; readonly examined: string[] } {
  const examined: string[] = [];
  const execute = async ({ sessionId }: { sessionId: string }): Promise<CommandResult> => {
    examined.push(sessionId);
    throw errors[sessionId] ?? over;
  };
  const metrics = new BridgeMetrics(new Metrics('bridge'));
  const logger = createLogger('bridge', 'silent');
  const due: DueSessions = async (_now, _limit, prefixes) => ids.filter((id) => streamMatches(id, prefixes));
  const config = { expiryIntervalMs: 10 };
  const timer = new ExpiryTimer(due, { prefixes }, { execute }, config, metrics, logger);
  return { timer, examined };
}

const everything = ['session-'];

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

test('two instances share the sessions that are due by the partitions that they own', async () => {
  const ids = ['0a', '7b', '8c', 'fd'];
  const one = timerOver(ids, {}, ['session-0', 'session-7']);
  const other = timerOver(ids, {}, ['session-8', 'session-f']);
  const none = timerOver(ids, {}, []);
  for (const { timer } of [one, other, none]) await timer.round();
  expect([one.examined, other.examined, none.examined]).toEqual([['0a', '7b'], ['8c', 'fd'], []]);
});

test('an examined session is skipped for a while', async () => {
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

test('rounds continue until the signal aborts', async () => {
  const { timer, examined } = timerOver(['first'], { first: new StoreUnavailableError() });
  const stop = new AbortController();
  const running = timer.run(stop.signal);
  await jest.advanceTimersByTimeAsync(25);
  stop.abort();
  await running;
  expect(examined).toHaveLength(3);
});
