import { expect, test } from '@jest/globals';
import { initialState } from '#domain';
import type { SessionStatus } from '#domain';
import { timeToLive } from './lifetime.ts';

const now = Date.parse('2026-01-05T09:00:00.000Z');
const lifetime = { marginS: 60, endedS: 10 };

function stateOf(status: SessionStatus, expires_at: string): typeof initialState {
  return { ...initialState, session: { ...initialState.session, status, expires_at } };
}

test('the context of an active session is kept beyond its expiry time', () => {
  const state = stateOf('active', '2026-01-06T09:00:00.000Z');
  expect(timeToLive(state, now, lifetime)).toBe(86_400_000 + 60_000);
});

test('the context of a session that is overdue is kept for its expiry', () => {
  const state = stateOf('active', '2026-01-01T00:00:00.000Z');
  expect(timeToLive(state, now, lifetime)).toBe(60_000);
});

test.each(['ended', 'expired'] as const)(
  'the context of a session that is %s is kept for a short time',
  (status) => {
    expect(timeToLive(stateOf(status, '2026-01-06T09:00:00.000Z'), now, lifetime)).toBe(10_000);
  },
);
