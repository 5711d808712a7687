import { expect, test } from '@jest/globals';
import { addressParts, hasKnownPooling } from './postgres-address.ts';

const base = 'postgresql://turnstream:secret@db:6432/turnstream';

test.each([
  ['', base, 'session', true],
  ['?named_statements=off', base, 'session', false],
  ['?pooling=transaction', base, 'transaction', false],
  ['?pooling=transaction&named_statements=on', base, 'transaction', true],
  ['?sslmode=require&pooling=session', `${base}?sslmode=require`, 'session', true],
])('the address with %s describes the pooler', (query, url, pooling, namedStatements) => {
  expect(addressParts(`${base}${query}`)).toEqual({ url, pooling, namedStatements });
});

test('any other mode of a pooler is refused', () => {
  expect(
    ['session', 'transaction', 'statement'].map((mode) => hasKnownPooling(`${base}?pooling=${mode}`)),
  ).toEqual([true, true, false]);
});
