import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json, JsonObject } from '../kernel/json.ts';
import { mapJson } from './mapping.ts';

const document: JsonObject = {
  subject: { order_id: 'ORD1', 'a/b': 1, 'm~n': 2, nothing: null },
  answers: { orders: { items: [{ id: 7 }, { id: 8 }] } },
};

describe('a mapping', () => {
  test.each<[string, Json, Json | undefined]>([
    ['a pointer', '/subject/order_id', 'ORD1'],
    ['a pointer into a list', '/answers/orders/items/1/id', 8],
    ['a pointer with an escaped slash', '/subject/a~1b', 1],
    ['a pointer with an escaped tilde', '/subject/m~0n', 2],
    ['a pointer to nothing', '/subject/tracking_id', undefined],
    ['a pointer to null', '/subject/nothing', undefined],
    ['a pointer into a text', '/subject/order_id/length', undefined],
    ['a pointer beyond a list', '/answers/orders/items/9', undefined],
    ['a pointer to the length of a list', '/answers/orders/items/length', undefined],
    ['a pointer to the end of a list', '/answers/orders/items/-', undefined],
    ['a pointer to a member of every object', '/subject/__proto__', undefined],
    ['a pointer to a method', '/subject/toString', undefined],
    ['another text', 'ORD1', 'ORD1'],
    ['a number', 7, 7],
    ['null', null, null],
    ['a constant', { const: '/subject/order_id' }, '/subject/order_id'],
    ['a pointer to nothing with a default', { pointer: '/subject/x', otherwise: [1] }, [1]],
    ['a pointer to nothing with the default null', { pointer: '/subject/x', otherwise: null }, null],
    ['a pointer that needs no default', { pointer: '/subject/a~1b', otherwise: 9 }, 1],
    ['an object, without missing values', { id: '/subject/order_id', x: '/subject/x' }, { id: 'ORD1' }],
    ['a list, without missing values', ['/subject/order_id', '/x', 1], ['ORD1', 1]],
  ])('of %s', (_, mapping, value) => {
    expect(mapJson(mapping, document).value).toEqual(value);
  });

  test('is complete when every pointer finds something', () => {
    expect(mapJson({ id: '/subject/order_id', x: { pointer: '/x', otherwise: null } }, document)).toEqual({
      value: { id: 'ORD1', x: null },
      complete: true,
    });
  });

  test('is not complete when a pointer within finds nothing', () => {
    expect(mapJson([{ id: '/subject/x' }], document)).toEqual({ value: [{}], complete: false });
  });

  test('keeps a member named __proto__', () => {
    const mapping = JSON.parse('{"__proto__":{"x":1}}') as Json;
    expect(JSON.stringify(mapJson(mapping, document).value)).toBe('{"__proto__":{"x":1}}');
  });

  test('that is too deep or too large counts as missing beyond the limit', () => {
    const deep = JSON.parse('['.repeat(100) + ']'.repeat(100)) as Json;
    expect(mapJson(deep, document).complete).toBe(false);
    const { value, complete } = mapJson(Array<Json>(5_000).fill(1), document);
    expect([(value as Json[]).length, complete]).toEqual([999, false]);
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (mapping, data) => {
        expect(mapJson(mapping as Json, data as JsonObject)).toHaveProperty('complete');
      }),
      { numRuns: 300 },
    );
  });
});
