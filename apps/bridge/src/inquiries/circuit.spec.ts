import { expect, test } from '@jest/globals';
import { Circuit } from './circuit.ts';

const circuit = (): Circuit => new Circuit({ threshold: 3, openMs: 1_000 });

test('opens when failures are many and at least half, tries once after its time, and closes with an answer', () => {
  const breaker = circuit();
  for (const at of [0, 10, 20]) {
    expect(breaker.allows(at)).toBe(true);
    breaker.failed(at);
  }
  expect(breaker.isOpen).toBe(true);
  expect(breaker.allows(500)).toBe(false);
  expect(breaker.allows(1_100)).toBe(true);
  expect(breaker.allows(1_200)).toBe(false);
  breaker.succeeded(1_300);
  expect(breaker.allows(1_301)).toBe(true);
});

test('a failed trial keeps it open', () => {
  const breaker = circuit();
  for (const at of [0, 10, 20]) breaker.failed(at);
  expect(breaker.allows(1_100)).toBe(true);
  breaker.failed(1_150);
  expect(breaker.allows(2_000)).toBe(false);
});

test('stays closed while answers outweigh failures, and forgets what is long ago', () => {
  const mixed = circuit();
  for (let at = 0; at < 10; at += 1) mixed.succeeded(at);
  for (let at = 10; at < 18; at += 1) mixed.failed(at);
  expect(mixed.isOpen).toBe(false);
  const old = circuit();
  old.failed(0);
  old.failed(1);
  old.failed(60_000);
  expect(old.isOpen).toBe(false);
});
