import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Operation } from './linearizability.ts';
import { isLinearizable } from './linearizability.ts';
import type { Register } from './porcupine/histories.ts';
import { histories, register } from './porcupine/histories.ts';

const write = (value: number, call: number, end: number): Operation<Register> => ({
  call,
  return: end,
  input: { op: 'write', value, expected: 0, out: 0 },
});
const read = (out: number, call: number, end: number): Operation<Register> => ({
  call,
  return: end,
  input: { op: 'read', value: 0, expected: 0, out },
});

describe('a history', () => {
  test('is linearizable when concurrent operations can be put in an order', () => {
    expect(isLinearizable(register, [write(1, 0, 9), read(1, 1, 3), read(1, 4, 6)])).toBe(true);
  });

  test('is not linearizable when a read goes back', () => {
    expect(isLinearizable(register, [write(1, 0, 9), read(1, 1, 3), read(0, 4, 6)])).toBe(false);
  });

  test('is linearizable when a write without an answer takes effect late', () => {
    expect(isLinearizable(register, [write(1, 0, Infinity), read(0, 1, 3), read(1, 4, 6)])).toBe(true);
  });

  test('has the verdict of porcupine, in 2,000 of 2,000 histories', () => {
    const verdicts = histories().map((history) => (isLinearizable(register, history) ? '1' : '0'));
    const recorded = readFileSync(join(import.meta.dirname, 'porcupine/verdicts.txt'), 'utf8');
    expect(verdicts.join('')).toBe(recorded);
  });
});
