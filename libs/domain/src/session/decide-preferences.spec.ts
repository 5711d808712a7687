import { describe, expect, test } from '@jest/globals';
import type { SessionCommand } from './commands.ts';
import type { SessionEvent } from './events.ts';
import { limits } from './state.ts';
import { given, started, when } from './test-scenario.ts';

const preferred = (name: string, value: number | string): SessionEvent => ({
  type: 'PreferenceChanged',
  data: { name, value },
});
const change = (preferences: Record<string, string | null>): SessionCommand => ({
  type: 'ChangePreferences',
  preferences,
});

describe('changing preferences', () => {
  const full = Array.from({ length: limits.preferences }, (_, index) => preferred(`p${index}`, index));

  test('produces an event for each that differs', () => {
    expect(when(given(started), change({ language: 'hi', call_back: 'evening' }))).toEqual([
      preferred('call_back', 'evening'),
    ]);
  });

  test('is rejected beyond the limit of a session', () => {
    expect(when(given(started, ...full), change({ more: 'x' }))).toBe('too_many_preferences');
  });

  test('may replace one at the limit', () => {
    expect(when(given(started, ...full), change({ p1: null, more: 'x' }))).toHaveLength(2);
  });

  test('may always change the language', () => {
    expect(when(given(started, ...full), change({ language: 'ta' }))).toHaveLength(1);
  });
});
