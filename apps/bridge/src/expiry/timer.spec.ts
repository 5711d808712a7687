import { expect, test } from '@jest/globals';
import { CommandRejectedError, StoreUnavailableError } from '#sessions';
import { createLogger, Metrics } from '#platform';
import { ExpiryTimer } from './timer.ts';

/** A timer over sessions that are all due, and those that it looked at; `trouble`: what comes of it. */
function timerOver(ids: readonly string[], trouble: Readonly<Record<string, Error>>) {
  const looked: string[] = [];
  const timer = new ExpiryTimer({
    commands: {
      execute: async ({ sessionId }) => {
        looked.push(sessionId);
        throw (
          trouble[sessionId] ??
          new CommandRejectedError({ code: 'session_over', reason: 'It is over.' }, 0, 1)
        );
      },
    },
    due: async () => ids,
    intervalMs: 10,
    logger: createLogger('bridge', 'silent'),
    expired: new Metrics('bridge').counter('sessions_expired_total', 'Sessions'),
  });
  return { timer, looked };
}

test('a session that cannot expire holds up no other, and is left alone for a while', async () => {
  const { timer, looked } = timerOver(['bad', 'good'], { bad: new Error('strange event') });
  await timer.round();
  await timer.round();
  expect(looked).toEqual(['bad', 'good']);
});

test('while the store is away the same sessions have their turn again', async () => {
  const { timer, looked } = timerOver(['first'], { first: new StoreUnavailableError() });
  await timer.round();
  await timer.round();
  expect(looked).toEqual(['first', 'first']);
});
