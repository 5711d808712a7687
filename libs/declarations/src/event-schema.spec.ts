import { describe, expect, test } from '@jest/globals';
import { parseDeclarations } from './load.ts';
import { withType } from './test-files.ts';

const faultOf = (schema: string, data: unknown): string | undefined =>
  parseDeclarations(withType(`schema: ${schema}`), 'f').topics['a.events']?.types['a.b.v1']?.faultOf(data);

describe('the schema of an event', () => {
  test('describes a fault of data in words', () => {
    expect(faultOf('{ type: object, required: [id] }', {})).toBe("data must have required property 'id'");
    expect(faultOf('{ type: object, required: [id] }', { id: 1 })).toBeUndefined();
  });

  test('may refer to its own definitions', () => {
    const schema = "{ definitions: { a: { type: string } }, properties: { x: { $ref: '#/definitions/a' } } }";
    expect(faultOf(schema, { x: 1 })).toBe('data/x must be string');
  });

  test('is refused when its expanded definitions would fill the memory', () => {
    const pairs = Array.from({ length: 20 }, (_, index) => {
      const reference = `{ $ref: '#/definitions/a${index + 1}' }`;
      return `a${index}: { anyOf: [${reference}, ${reference}] }`;
    });
    const schema = `{ definitions: { ${pairs.join(', ')}, a20: { type: string } }, $ref: '#/definitions/a0' }`;
    expect(() => faultOf(schema, 1)).toThrow('has more than 65536 characters of JSON, each $ref written out');
  });

  test('checks a pattern in time that is linear in the text', () => {
    expect(faultOf("{ pattern: '^(a+)+$' }", `${'a'.repeat(50_000)}!`)).toContain('must match pattern');
  });

  test('checks each pattern of several schemas separately', () => {
    const schema = `{ properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } }, patternProperties: { '^x': { const: 1 }, '^y': { const: 2 } } }`;
    expect(faultOf(schema, { a: 'a', b: 'b', x: 1, y: 2 })).toBeUndefined();
    expect(faultOf(schema, { b: 'a' })).toBe('data/b must match pattern "^b$"');
    expect(faultOf(schema, { y: 1 })).toBe('data/y must be equal to constant');
    expect(faultOf("{ pattern: '^c$' }", 'c')).toBeUndefined();
  });

  test('finds the same item twice among many', () => {
    const items = Array.from({ length: 20_000 }, (_, index) => ({ index }));
    expect(faultOf('{ uniqueItems: true }', items)).toBeUndefined();
    expect(faultOf('{ uniqueItems: true }', [...items, { index: 7 }])).toContain('the same item twice');
  });
});
