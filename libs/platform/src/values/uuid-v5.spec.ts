import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { v5 } from 'uuid';
import { anyText } from '../testing/any-text.ts';
import { uuidV5 } from './uuid-v5.ts';

test('equals the id of the package uuid', () => {
  fc.assert(
    fc.property(anyText(), fc.uuid(), (name, namespace) =>
      expect(uuidV5(name, namespace)).toBe(v5(name, namespace)),
    ),
  );
});

test('differs by name and by namespace', () => {
  const [one, other] = [randomUUID(), randomUUID()];
  expect(new Set([uuidV5('a', one), uuidV5('b', one), uuidV5('a', other)]).size).toBe(3);
});

test('accepts only a UUID as namespace', () => {
  expect(() => uuidV5('a', 'session')).toThrow(TypeError);
});
