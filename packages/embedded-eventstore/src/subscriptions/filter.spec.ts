import { describe, expect, test } from '@jest/globals';
import type { FilterOptions } from '../wire/read-request.ts';
import { compileFilter } from './filter.ts';

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

  test.each([{ on: undefined }, { window: 0 }])('is refused when it makes no sense: %j', (given) => {
    expect(() => compileFilter(options(given))).toThrow(RangeError);
  });
});
