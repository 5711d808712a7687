import type { Fields, Mapping } from './declarations.ts';

/** The size limit of a value in a mapping (characters of JSON). */
const valueLimit = 4_096;

/** The JSON Pointers of a mapping. */
export function pointersOf(mapping: Mapping): string[] {
  if (typeof mapping === 'string') return [mapping];
  return 'pointer' in mapping ? [mapping.pointer] : [];
}

/** The JSON Pointers of several mappings, with the field of each. */
export function pointersOfFields(fields: Fields): [field: string, pointer: string][] {
  return Object.entries(fields).flatMap(([field, mapping]) =>
    pointersOf(mapping).map((pointer): [string, string] => [field, pointer]),
  );
}

/** Why a well-formed mapping cannot be used; undefined: it can. */
export function mappingFault(mapping: Mapping): string | undefined {
  if (typeof mapping === 'string') return undefined;
  const value = 'const' in mapping ? mapping.const : (mapping.otherwise ?? null);
  const isLarge = JSON.stringify(value).length > valueLimit;
  return isLarge ? `has a value of more than ${valueLimit} characters of JSON` : undefined;
}
