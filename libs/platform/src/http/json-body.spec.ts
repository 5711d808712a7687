import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ProblemError } from '../problems/problem.ts';
import type { FieldError } from '../problems/problem.ts';
import { parseJsonBody } from './json-body.ts';

/** The errors of a body, or the code of its problem. */
function refused(body: string | Buffer): readonly FieldError[] | string {
  try {
    parseJsonBody(Buffer.from(body));
  } catch (error) {
    if (error instanceof ProblemError) return error.members.errors ?? error.code;
    throw error;
  }
  return 'taken';
}

describe('a number of a body', () => {
  test.each([
    '0',
    '-0',
    '7',
    '-7',
    '0.1',
    '1.0',
    '1.50',
    '100e-2',
    '1e3',
    '1E+3',
    '9007199254740991',
    '-9007199254740991',
    '0.30000000000000004',
    '0.93000000000000005',
    '123456789012345.67',
    '1e22',
    '1.7976931348623157e308',
    '5e-324',
    '1.00000000000000000000',
    '0.0000000000000000000',
    '0e999',
  ])('%s is taken', (number) => {
    expect(parseJsonBody(Buffer.from(`{"a":${number}}`))).toEqual({ a: Number(number) });
  });

  test.each([
    '1e400',
    '-1e400',
    '1e-400',
    '9007199254740992',
    '9007199254740993',
    '12345678901234567890',
    '-12345678901234567890',
    '0.1234567890123456789',
    '1234567890123456.789',
    '1.7976931348623159e308',
    '12345678901234567890e2',
  ])('%s is refused', (number) => {
    const message = 'is a number that cannot be stored exactly; send it as a text';
    expect(refused(`{"a":${number}}`)).toEqual([{ field: 'a', message }]);
    expect(refused(`{"l":[1, {"toString":\n${number}}]}`)).toEqual([{ field: 'l[1].toString', message }]);
  });

  // Quadratic work would take longer than a whole run of the specs may.
  test('of two million digits is refused', () => {
    expect(refused(`{"a":1.${'0'.repeat(2_000_000)}1}`)).toHaveLength(1);
  });

  test('under a key of 200,000 characters is refused, and the key is shortened', () => {
    const errors = refused(`{"${'k'.repeat(200_000)}":[${Array(5_000).fill('1e400').join()}]}`);
    expect(errors).toHaveLength(100);
    expect(JSON.stringify(errors).length).toBeLessThan(50_000);
  });

  test('is accepted for any double, as any language writes it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const texts = [value.toExponential(), value.toPrecision(17), value.toExponential(16)];
        for (const text of texts.filter((one) => /[.e]/.test(one)))
          expect(parseJsonBody(Buffer.from(`{"a":${text}}`))).toEqual({ a: Number(text) });
      }),
    );
  });

  test('is not checked inside a text', () => {
    const body = { a: 'call: 12345678901234567890, or [1e400' };
    expect(parseJsonBody(Buffer.from(JSON.stringify(body)))).toEqual(body);
  });
});

describe('a text of a body', () => {
  test('that is not valid UTF-8 is refused with its field', () => {
    const body = Buffer.concat([
      Buffer.from('{"ok":"हाँ \\u00e9","l":[{"bad":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}]}'),
    ]);
    expect(refused(body)).toEqual([{ field: 'l[0].bad', message: 'is not valid UTF-8' }]);
  });

  test('may have any characters, and a byte order mark before it', () => {
    const body = { text: 'हाँ 👍 \uFFFD' };
    expect(parseJsonBody(Buffer.from(`\uFEFF${JSON.stringify(body)}`))).toEqual(body);
  });
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['no JSON', Buffer.from('{"a":')],
  [
    'a key that is not valid UTF-8',
    Buffer.concat([Buffer.from('{"'), Buffer.from([0xff]), Buffer.from('":1}')]),
  ],
])('a body of %s is malformed', (_, body) => {
  expect(refused(body)).toBe('malformed_json');
});

test.each([40, 50_000])('a number that is nested %i levels deep is refused', (depth) => {
  const deep = `${'['.repeat(depth)}1e400${']'.repeat(depth)}`;
  expect(refused(`{"a":${deep}}`)).toEqual([]);
});
