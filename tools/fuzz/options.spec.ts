import { expect, test } from '@jest/globals';
import { commandLine, fuzzOptions, generatedCases } from './options.ts';

test('a seed is drawn when none is given', () => {
  expect(fuzzOptions({}).seed).toBeGreaterThanOrEqual(0);
});

test('cases and seed are taken from the options', () => {
  expect(fuzzOptions({ cases: '10000', seed: '7' })).toEqual({
    cases: 10_000,
    seed: 7,
    asRoles: ['service'],
  });
});

test.each([{ cases: '0' }, { cases: '1e3' }, { seed: '-1' }, { seed: '' }])('%j is refused', (options) => {
  expect(() => fuzzOptions(options)).toThrow('give a whole number');
});

test('a role is one, or all', () => {
  expect(fuzzOptions({ role: 'analyst' }).asRoles).toEqual(['analyst']);
  expect(fuzzOptions({ role: 'all' }).asRoles).toHaveLength(5);
  expect(() => fuzzOptions({ role: 'root' })).toThrow('--role');
});

test('a run is repeated with its cases and its seed', () => {
  expect(commandLine(fuzzOptions({ seed: '7' }), 'analyst')).toBe('--cases 1000 --seed 7 --role analyst');
});

test('the number of generated cases is read from the summary', () => {
  expect(generatedCases('Test cases:\n  1234 generated, 3 found 1 unique failures')).toBe(1_234);
});
