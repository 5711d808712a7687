import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import { RE2JS } from 're2js';
import type { Json, JsonObject } from '#domain';
import { canonicalJson } from '#domain';
import type { Fault } from './source.ts';

/** What the schema of an event may be: larger ones take long to check. */
const limits = { characters: 65_536, expanded: 1_000, pattern: 1_000, program: 1_000 } as const;
const formats = ['date-time', 'date', 'time', 'uuid'] as const;

/** Regular expressions in time that is linear in the text: a pattern of a declaration must not stop the process. */
const linearTime = Object.assign(
  (pattern: string) => {
    if (pattern.length > limits.pattern)
      throw new Error(`pattern has more than ${limits.pattern} characters`);
    const compiled = RE2JS.compile(pattern);
    if (compiled.programSize() > limits.program)
      throw new Error(`pattern ${pattern} is too complex: use fewer or smaller repetitions`);
    return { test: (text: string) => compiled.test(text) };
  },
  { code: 'linearTime' },
);

const ajv = new Ajv({
  strict: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  addUsedSchema: false,
  code: { regExp: linearTime },
});
addFormats.default(ajv, [...formats]);
// The library's own compares every item with every other.
ajv.removeKeyword('uniqueItems');
ajv.addKeyword({
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  validate: (unique: boolean, items: readonly Json[]) =>
    !unique || new Set(items.map(canonicalJson)).size === items.length,
  error: { message: 'must not have the same item twice' },
});

/** A compiled schema, or what is wrong with it; paths are within the schema. */
export type CompiledSchema =
  { readonly faultOf: (data: unknown) => string | undefined } | { readonly faults: readonly Fault[] };

/** Compiles the schema of an event so that checking data always ends soon. */
export function compileSchema(schema: JsonObject): CompiledSchema {
  const fault = sizeFault(schema);
  if (fault !== undefined) return { faults: [{ path: [], message: fault }] };
  try {
    if (ajv.validateSchema(schema) !== true) return { faults: schemaFaults(ajv.errors ?? []) };
    const validate = ajv.compile(schema);
    const faultOf = (data: unknown): string | undefined =>
      validate(data) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'data' });
    return { faultOf };
  } catch (error) {
    return { faults: [{ path: [], message: error instanceof Error ? error.message : String(error) }] };
  }
}

/** One for each place: where a schema may be several things, it is told of the first. */
function schemaFaults(errors: readonly ErrorObject[]): Fault[] {
  const byPlace = new Map(errors.toReversed().map((error) => [error.instancePath, error.message]));
  return [...byPlace].map(([place, message]) => ({
    path: place.split('/').slice(1).map(unescape),
    message: `${message}, as JSON Schema (draft 7) has it`,
  }));
}

function unescape(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Why checking data against the schema could take long, or ask another server; undefined: it cannot. */
function sizeFault(schema: JsonObject): string | undefined {
  const text = JSON.stringify(schema);
  if (text.length > limits.characters) return `has more than ${limits.characters} characters of JSON`;
  if ('$async' in schema) return 'must not be asynchronous';
  const definitions: JsonObject = { ...asObject(schema['$defs']), ...asObject(schema['definitions']) };
  const strange = referencesIn(schema).find((reference) => !Object.hasOwn(definitions, nameOf(reference)));
  if (strange !== undefined)
    return `has the $ref ${strange}: only #/definitions/NAME of the same schema can be used`;
  const { definitions: _old, $defs: _new, ...root } = schema;
  const expanded = expandedSize(root, definitions, []);
  if (Number.isNaN(expanded)) return 'has a $ref that leads back to itself';
  return expanded > limits.expanded ? 'is too large once every $ref is written out' : undefined;
}

/** How many references a schema has once all are followed; NaN: one leads back to itself. */
function expandedSize(schema: unknown, definitions: JsonObject, from: readonly string[]): number {
  let size = 1;
  for (const reference of referencesIn(schema)) {
    const name = nameOf(reference);
    if (from.includes(name)) return Number.NaN;
    size += expandedSize(definitions[name], definitions, [...from, name]);
    if (size > limits.expanded) return size;
  }
  return size;
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key === '$ref' && typeof item === 'string' ? [item] : referencesIn(item),
  );
}

function nameOf(reference: string): string {
  return /^#\/(?:definitions|\$defs)\/([^/]+)$/.exec(reference)?.[1] ?? '';
}

function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}
