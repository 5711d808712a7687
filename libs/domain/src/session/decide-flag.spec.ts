import { describe, expect, test } from '@jest/globals';
import type { SessionCommand } from './commands.ts';
import type { SessionEvent } from './events.ts';
import { limits } from './state.ts';
import { given, started, when } from './test-scenario.ts';

const raise = (flag: string, value: string | boolean = true): SessionCommand => ({
  type: 'RaiseFlag',
  flag,
  value,
});
const clear = (flag: string): SessionCommand => ({ type: 'ClearFlag', flag });
const raised = (flag: string): SessionEvent => ({ type: 'FlagRaised', data: { flag, value: true } });

describe('a flag', () => {
  const full = Array.from({ length: limits.flags }, (_, index) => raised(`f${index}`));

  test('is raised', () => {
    expect(when(given(started), raise('vip'))).toEqual([raised('vip')]);
  });

  test('is not raised again with the same value', () => {
    expect(when(given(started, raised('vip')), raise('vip'))).toEqual([]);
  });

  test('is raised again with another value', () => {
    expect(when(given(started, raised('vip')), raise('vip', 'gold'))).toHaveLength(1);
  });

  test('is cleared', () => {
    const cleared = { type: 'FlagCleared', data: { flag: 'vip' } };
    expect(when(given(started, raised('vip')), clear('vip'))).toEqual([cleared]);
  });

  test.each(['vip', 'constructor'])('"%s" is not cleared when it was not raised', (flag) => {
    expect(when(given(started), clear(flag))).toEqual([]);
  });

  test('that is derived cannot be raised', () => {
    expect(when(given(started), raise('is_repeat_query'))).toBe('flag_is_derived');
  });

  test('that is derived cannot be cleared', () => {
    expect(when(given(started), clear('handoff'))).toBe('flag_is_derived');
  });

  test('is rejected beyond the limit of a session', () => {
    expect(when(given(started, ...full), raise('more'))).toBe('too_many_flags');
  });

  test('may change its value at the limit', () => {
    expect(when(given(started, ...full), raise('f0', 'x'))).toHaveLength(1);
  });
});
