import { describe, expect, test } from '@jest/globals';
import { NO_METADATA, parseMetadata, withTruncateBefore } from './metadata.ts';

const parse = (text: string) => parseMetadata(Buffer.from(text));

describe('metadata', () => {
  test('has the system keys', () => {
    expect(
      parse('{"$maxCount":3,"$maxAge":2,"$tb":7,"$acl":{"$r":"a","$w":["b","c"]},"mine":1}'),
    ).toMatchObject({
      maxCount: 3,
      maxAge: 2_000_000,
      truncateBefore: 7,
      softDeleted: false,
      acl: { read: ['a'], write: ['b', 'c'], delete: undefined },
    });
  });

  test('distinguishes 2^63 - 1 from its neighbours', () => {
    expect(parse('{"$tb":9223372036854775807}').softDeleted).toBe(true);
    expect(parse('{"$tb":9223372036854775806}').softDeleted).toBe(false);
    expect(parse('{"$tb":"9223372036854775807"}')).toEqual(NO_METADATA);
  });

  test.each([
    '',
    'null',
    '[]',
    '{',
    '{"$maxCount":1.5}',
    '{"$maxCount":1e3}',
    '{"$maxCount":1,"$maxAge":9223372036854775808}',
    '{"$maxCount":1,"$acl":5}',
    '{"$maxCount":1,"$acl":{"$r":5}}',
  ])('that is malformed is void: %s', (text) => {
    expect(parse(text)).toEqual(NO_METADATA);
  });

  test('keeps all other members exactly when $tb changes', () => {
    const text =
      '{"big":12345678901234567890,"text":"1 and \\"2\\"","deep":{"list":[1.50,null,true]},"$tb":1}';
    expect(withTruncateBefore(Buffer.from(text), 9)?.toString()).toBe(text.replace('"$tb":1', '"$tb":9'));
    expect(withTruncateBefore(Buffer.from('nonsense'), 9)).toBeUndefined();
  });
});
