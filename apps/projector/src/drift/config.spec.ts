import { expect, test } from '@jest/globals';
import { loadDriftConfig } from './config.ts';

test('by default a few sessions are checked, and nothing is healed without a request', () => {
  expect(loadDriftConfig({})).toEqual({
    perMinute: 30,
    percent: 5,
    mostEvents: 5_000,
    confirmMs: 2_000,
    heal: 'manual',
  });
});

test.each([
  ['DRIFT_CHECK_PER_MINUTE', '-1'],
  ['DRIFT_CHECK_PERCENT', '0'],
  ['DRIFT_CHECK_MOST_EVENTS', 'many'],
  ['DRIFT_CHECK_CONFIRM_MS', '1.5'],
  ['DRIFT_CHECK_HEAL', 'always'],
])('refuses %s=%s', (name, value) => {
  expect(() => loadDriftConfig({ [name]: value })).toThrow(name);
});
