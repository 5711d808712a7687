import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { FilterOptions } from '../wire/read-request.ts';
import { compileFilter, inSlice } from './filter.ts';

const options = (given: Partial<FilterOptions>): FilterOptions => ({
  on: 'stream',
  regex: '',
  prefixes: [],
  window: undefined,
  multiplier: 1,
  ...given,
});

describe('a filter', () => {
  test('matches any of its prefixes', () => {
    const filter = compileFilter(options({ prefixes: ['a-', 'b-'] }));
    expect(['a-1', 'b-1', 'c-1', 'xa-1'].filter((name) => filter.matches(name, ''))).toEqual(['a-1', 'b-1']);
  });

  test('uses an unanchored regular expression instead of prefixes', () => {
    const filter = compileFilter(options({ on: 'type', regex: 'b+', prefixes: ['a'] }));
    expect(['abba', 'a', 'b'].filter((type) => filter.matches('', type))).toEqual(['abba', 'b']);
  });

  test('accepts .NET options at the start of an expression', () => {
    expect(compileFilter(options({ regex: '(?i)^order' })).matches('ORDER-1', '')).toBe(true);
  });

  test('has checkpoints every window x multiplier events, with a default window of 32', () => {
    expect(compileFilter(options({ multiplier: 3 })).checkpointInterval).toBe(96);
    expect(compileFilter(options({ window: 5, multiplier: 2 })).checkpointInterval).toBe(10);
  });

  test('answers UNKNOWN to a malformed regular expression', () => {
    expect(() => compileFilter(options({ regex: '(' }))).toThrow(expect.objectContaining({ code: 2 }));
  });

  test.each(['(a)\\1', '(?=a)', '(?!a)', '(?<=a)b', '(?>a)', '\\p{IsGreek}', 'a{1001}', '(a?){200}'])(
    'answers INVALID_ARGUMENT with the reason to %s, which RE2 does not have',
    (regex) => {
      const refusal = { code: 3, message: expect.stringContaining(regex) };
      expect(() => compileFilter(options({ regex }))).toThrow(expect.objectContaining(refusal));
    },
  );

  test.each([
    // A small program, which only its length makes too large.
    ['a regular expression of 1,025 characters', { regex: `[${'a'.repeat(1_023)}]` }],
    ['10,001 prefixes', { prefixes: Array.from({ length: 10_001 }, String) }],
  ])('refuses %s', (_, given) => {
    expect(() => compileFilter(options(given))).toThrow(expect.objectContaining({ code: 3 }));
  });

  test.each([
    ['a regular expression of 1,024 characters', { regex: `[${'a'.repeat(1_022)}]` }],
    ['10,000 prefixes', { prefixes: Array.from({ length: 10_000 }, () => 'a') }],
  ])('accepts %s', (_, given) => {
    expect(compileFilter(options(given)).matches('a', '')).toBe(true);
  });

  test('takes no exponential time for nested repetitions', () => {
    expect(compileFilter(options({ regex: '^(a+)+$' })).matches(`${'a'.repeat(60)}!`, '')).toBe(false);
  });

  test('finds a prefix among others that start with it, follow it or are its beginning', () => {
    const prefixes = ['ab', 'abc', 'abd', 'b', 'ba', 'a!', 'c', 'session-\u{1F600}', 'session-\uE000'];
    const texts = [
      'a',
      'ab',
      'abb',
      'abcx',
      'a!x',
      'bz',
      'bb',
      'c',
      'd',
      '',
      'session-',
      'session-\u{1F600}1',
    ];
    const filter = compileFilter(options({ prefixes }));
    const expected = texts.filter((text) => prefixes.some((prefix) => text.startsWith(prefix)));
    expect(texts.filter((text) => filter.matches(text, ''))).toEqual(expected);
  });

  test('of the empty prefix matches everything, of no prefix nothing', () => {
    expect(compileFilter(options({ prefixes: ['a', ''] })).matches('x', '')).toBe(true);
    expect(compileFilter(options({})).matches('x', '')).toBe(false);
  });

  test.each([{ on: undefined }, { window: 0 }])('is refused when it is meaningless: %j', (given) => {
    expect(() => compileFilter(options(given))).toThrow(RangeError);
  });
});

describe('a page of a filtered read', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  test('ends after 20 ms, with at least one item', () => {
    jest.useFakeTimers();
    const examined = [];
    for (const item of inSlice([1, 2, 3, 4])) {
      examined.push(item);
      jest.advanceTimersByTime(15);
    }
    expect(examined).toEqual([1, 2]);
    for (const item of inSlice([5, 6])) {
      examined.push(item);
      jest.advanceTimersByTime(1_000);
    }
    expect(examined).toEqual([1, 2, 5]);
  });
});
