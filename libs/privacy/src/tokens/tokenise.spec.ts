import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '#domain';
import { testDataKeys } from '../keys/test-keys.ts';
import { tokenOf, tokenPattern, typeOfToken } from './token.ts';
import { tokenise } from './tokenise.ts';

const keys = testDataKeys();
const key = await keys.of('P1');
const phone = tokenOf(key, 'phone', '+919876543210');
const card = tokenOf(key, 'card', '4111111111111111');

test('a token shows its type and, for a card, the last four digits', () => {
  expect(card).toMatch(/^tok_card_[a-p]{24}_1111$/);
  expect(tokenOf(key, 'email', 'asha@example.com')).toMatch(/^tok_email_[a-p]{24}$/);
  expect([typeOfToken(card), typeOfToken('tok_card_4111111111111111')]).toEqual(['card', undefined]);
});

test('a value has the same token in any spelling, and another token for another partner', async () => {
  const spellings = ['9876543210', '+91 98765-43210', '०९८७६५ ४३२१०', '98765\u200b43210'];
  for (const written of spellings) expect(tokenise(key, written)).toMatchObject({ value: phone });
  expect(tokenise(await keys.of('P2'), '9876543210').value).not.toBe(phone);
});

test('tokens replace values anywhere in JSON, the rest stays', () => {
  const value = {
    message: 'call 9876543210 about ORD9823',
    list: ['4111 1111 1111 1111', { deep: [1, null, true] }],
    contact_phone: 9_876_543_210,
    amount: 9_876_543_210,
    '9876543210': 'his number',
  };
  const { value: result, tokens } = tokenise(key, value);
  expect(result).toEqual({
    message: `call ${phone} about ORD9823`,
    list: [card, { deep: [1, null, true] }],
    contact_phone: phone,
    amount: 9_876_543_210,
    [phone]: 'his number',
  });
  expect(tokens).toEqual([
    { token: phone, type: 'phone', value: '+919876543210' },
    { token: card, type: 'card', value: '4111111111111111' },
  ]);
});

test('coordinates are found in two members, numbers or texts', () => {
  const token = tokenOf(key, 'coordinates', '28.6139,77.2091');
  expect(tokenise(key, { at: { lat: 28.6139, lng: 77.2091 } }).value).toEqual({
    at: { lat: token, lng: token },
  });
  expect(tokenise(key, { latitude: '28.6139', longitude: '77.2091' }).value).toEqual({
    latitude: token,
    longitude: token,
  });
});

test('coordinates are found by the last word of a name, one place for each prefix', () => {
  const [from, to] = ['12.971612,77.594612', '28.6139,77.2091'].map((at) => tokenOf(key, 'coordinates', at));
  expect(tokenise(key, { Latitude: 12.971612, LONGITUDE: 77.594612 }).value).toEqual({
    Latitude: from,
    LONGITUDE: from,
  });
  const trip = {
    pickup_lat: 12.971612,
    dropLng: '77.2091',
    dropLat: '28.6139',
    pickup_lng: 77.594612,
    flat: 1.23456,
  };
  expect(tokenise(key, trip).value).toEqual({
    pickup_lat: from,
    dropLng: to,
    dropLat: to,
    pickup_lng: from,
    flat: 1.23456,
  });
  const apart = { pickup_lat: 12.971612, drop_lng: 77.594612 };
  expect(tokenise(key, apart).value).toBe(apart);
});

test('coordinates of GeoJSON are found, longitude first', () => {
  const token = tokenOf(key, 'coordinates', '12.9716,77.5946');
  expect(tokenise(key, { type: 'Point', coordinates: [77.5946, 12.9716] }).value).toEqual({
    type: 'Point',
    coordinates: [token, token],
  });
  const line = {
    coordinates: [
      [77.5946, 12.9716, 920.5],
      ['77.5946', '12.9716'],
    ],
  };
  expect(tokenise(key, line).value).toEqual({
    coordinates: [
      [token, token, 920.5],
      [token, token],
    ],
  });
  const others = { weights: [77.5946, 12.9716], coordinates: [77.5, 12.9], more: { coordinates: [1.23456] } };
  expect(tokenise(key, others).value).toBe(others);
});

test('known ids stay', () => {
  const value = { awb: '9876543210', more: 'call 9876543210' };
  expect(tokenise(key, value, new Set(['9876543210'])).value).toEqual({ ...value, more: `call ${phone}` });
});

test('an object without personal values is returned unchanged', () => {
  const value = { order_id: 'ORD9823', items: [{ price: 7.5 }], id: '12345678-1234-4123-8123-123456789012' };
  expect(tokenise(key, value)).toEqual({ value, tokens: [] });
  expect(tokenise(key, value).value).toBe(value);
});

test('tokens of this partner, of another and made-up ones stay unchanged', async () => {
  const other = tokenOf(await keys.of('P2'), 'phone', '+919876543210');
  const text = `${phone} ${card}, ${other}; tok_phone_${'a'.repeat(24)}_9876`;
  expect(tokenise(key, text)).toEqual({ value: text, tokens: [] });
});

test('the type of a token is no cue for text beside it', () => {
  const { value } = tokenise(key, '0@A0 x@okaxis');
  expect(tokenise(key, value)).toEqual({ value, tokens: [] });
});

test('tokenising again changes nothing, whatever the value', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.constantFrom('9876543210', '4111 1111 1111 1111', 'a@b.co', 'x@okaxis', ' ', '_', '12'),
  );
  const json = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(texts, fc.integer(), fc.array(tie('json')), fc.dictionary(texts, tie('json'))),
  })).json;
  fc.assert(
    fc.property(json, fc.array(texts), (value, parts) => {
      for (const item of [value, parts.join('')]) {
        const { value: once, tokens } = tokenise(key, item);
        expect(tokenise(key, once)).toEqual({ value: once, tokens: [] });
        for (const { token } of tokens) expect(token).toMatch(tokenPattern);
      }
    }),
  );
});

test('two spellings of a value as member names stay two members', () => {
  const value = {
    '9876543210': 'a',
    [`${phone} #2`]: 'b',
    '+91 98765 43210': { at: 'c' },
    '98765-43210': 'd',
  };
  const { value: result, tokens } = tokenise(key, value);
  expect(result).toEqual({
    [phone]: 'a',
    [`${phone} #2`]: 'b',
    [`${phone} #3`]: { at: 'c' },
    [`${phone} #4`]: 'd',
  });
  expect(tokens).toHaveLength(1);
  expect(tokenise(key, result)).toEqual({ value: result, tokens: [] });
});

test('a member named by a value is named by its token, although another member has that name and its content', () => {
  const { value: result } = tokenise(key, { [phone]: 1, '9876543210': 1 });
  expect(result).toEqual({ [phone]: 1, [`${phone} #2`]: 1 });
});

test('a member named __proto__ stays a member', () => {
  const value = JSON.parse('{"__proto__": "9876543210"}') as Json;
  expect(JSON.stringify(tokenise(key, value).value)).toBe(`{"__proto__":"${phone}"}`);
});
