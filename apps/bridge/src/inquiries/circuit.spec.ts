import { beforeEach, describe, expect, test } from '@jest/globals';
import { Circuit } from './circuit.ts';

let circuit: Circuit;
beforeEach(() => {
  circuit = new Circuit({ threshold: 3, openMs: 1_000 });
});

function fail(...times: number[]): void {
  for (const at of times) circuit.failed(at);
}

describe('a closed circuit', () => {
  test('allows requests', () => {
    fail(0, 10);
    expect(circuit.allows(20)).toBe(true);
  });

  test('opens after as many failures as the threshold', () => {
    fail(0, 10, 20);
    expect(circuit.isOpen).toBe(true);
  });

  test('stays closed while replies outnumber failures', () => {
    for (let at = 0; at < 10; at += 1) circuit.succeeded(at);
    fail(10, 11, 12, 13, 14, 15, 16, 17);
    expect(circuit.isOpen).toBe(false);
  });

  test('ignores failures of a time to which the clock has gone back', () => {
    fail(60_000, 60_001, 0);
    expect(circuit.isOpen).toBe(false);
  });

  test('ignores failures that are long ago', () => {
    fail(0, 1, 60_000);
    expect(circuit.isOpen).toBe(false);
  });
});

describe('an open circuit', () => {
  beforeEach(() => fail(0, 10, 20));

  test('allows no request', () => {
    expect(circuit.allows(500)).toBe(false);
    // By a clock that is behind.
    expect(circuit.allows(-500)).toBe(false);
  });

  test('allows a trial when the clock has gone back by more than its time', () => {
    expect(circuit.allows(-60_000)).toBe(true);
  });

  test('allows one trial after its time', () => {
    expect([circuit.allows(1_100), circuit.allows(1_200)]).toEqual([true, false]);
  });

  test('closes with a reply', () => {
    circuit.allows(1_100);
    circuit.succeeded(1_300);
    expect(circuit.allows(1_301)).toBe(true);
  });

  test('that has closed opens only after as many failures as before', () => {
    circuit.allows(1_100);
    circuit.succeeded(1_300);
    fail(1_400, 1_500);
    expect(circuit.isOpen).toBe(false);
  });

  test('stays open after a failed trial', () => {
    circuit.allows(1_100);
    circuit.failed(1_150);
    expect(circuit.allows(2_000)).toBe(false);
  });
});
