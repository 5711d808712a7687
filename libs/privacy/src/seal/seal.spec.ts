import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '#domain';
import { testDataKeys } from '../keys/test-keys.ts';
import type { DataKey } from '../keys/data-key.ts';
import {
  BrokenSealError,
  erasedTogether,
  erasedValue,
  keyIdOf,
  open,
  openTogether,
  seal,
  sealTogether,
} from './seal.ts';

const keys = testDataKeys();
const place = { of: 'session-1', record: 'event-1', field: 'message_text' };

function sealed(key: DataKey, value: Json): string {
  const text = seal(key, place, value);
  if (text === null) throw new Error('null is not sealed');
  return text;
}

test('any value opens where it was sealed, and its sealed text differs each time', async () => {
  const key = await keys.of('P1');
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(value !== null);
      const json = JSON.parse(JSON.stringify(value)) as Json;
      expect(open(key, place, sealed(key, json))).toEqual(json);
      expect(sealed(key, json)).not.toBe(sealed(key, json));
    }),
  );
});

test('null stays null', async () => {
  expect(seal(await keys.of('P1'), place, null)).toBeNull();
});

test.each([
  ['of', { ...place, of: 'session-2' }],
  ['record', { ...place, record: 'event-2' }],
  ['field', { ...place, field: 'name' }],
])('a value does not open in another place: %s', async (_, other) => {
  const key = await keys.of('P1');
  expect(() => open(key, other, sealed(key, 'hello'))).toThrow(BrokenSealError);
});

test('a value does not open with the key of another partner', async () => {
  const text = sealed(await keys.of('P1'), 'hello');
  const other = await keys.of('P2');
  expect(() => open(other, place, text)).toThrow(BrokenSealError);
  expect(() => open({ ...other, id: keyIdOf(text) ?? '' }, place, text)).toThrow(BrokenSealError);
});

test('a value that was changed by one character does not open', async () => {
  const key = await keys.of('P1');
  const text = sealed(key, 'hello');
  for (const at of [60, 70, text.length - 2]) {
    const other = text[at] === 'A' ? 'B' : 'A';
    expect(() => open(key, place, text.slice(0, at) + other + text.slice(at + 1))).toThrow(BrokenSealError);
  }
});

test.each<[Json, Json]>([
  ['hello', '[erased]'],
  [{ a: 1 }, {}],
  [['a'], []],
  [7, 0],
  [true, false],
])('the placeholder for an erased %j keeps its type', async (value, expected) => {
  expect(erasedValue(sealed(await keys.of('P1'), value))).toEqual(expected);
});

test('any values that are sealed as one open together, in their place and order only', async () => {
  const key = await keys.of('P1');
  const shared = { ...place, field: ['a', 'b'] };
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      fc.pre(one !== null && other !== null);
      const values = JSON.parse(JSON.stringify([one, other])) as [string, string];
      const text = sealTogether(key, shared, values);
      expect(openTogether(key, shared, text)).toEqual(values);
      for (const field of [['b', 'a'], ['a'], ['a', 'b', 'c'], 'a', 'a,b'])
        expect(() => openTogether(key, { ...shared, field }, text)).toThrow(BrokenSealError);
      const retyped = ['to', 't', 'ttt'].map((type) => text.replace(/\.[tnblo]{2}\./, `.${type}.`));
      for (const other of retyped.filter((item) => item !== text))
        expect(() => openTogether(key, shared, other)).toThrow(BrokenSealError);
    }),
  );
});

test('the placeholders for values that were sealed as one keep their types', async () => {
  const text = sealTogether(await keys.of('P1'), { ...place, field: ['a', 'b', 'c'] }, [
    'hello',
    { a: 1 },
    7,
  ]);
  expect(erasedTogether(text)).toEqual(['[erased]', {}, 0]);
});
