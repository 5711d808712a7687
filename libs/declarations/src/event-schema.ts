import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import { RE2JS } from 're2js';
import type { Json, JsonObject } from '#domain';
import { canonicalJson } from '#domain';
import type { Fault } from './source.ts';
import { pathOf } from './source.ts';

/** Limits of an event schema: characters of JSON, and instructions of a pattern. Larger ones take long to check. */
const limits = { characters: 65_536, pattern: 1_000, program: 1_000 } as const;
const formats = ['date-time', 'date', 'time', 'uuid'] as const;

/** Regular expressions in linear time: a declared pattern must not block the process. */
const linearTime = Object.assign(
  (pattern: string) => {
    if (pattern.length > limits.pattern)
      throw new Error(`pattern has more than ${limits.pattern} characters`);
    const compiled = RE2JS.compile(pattern);
    if (compiled.programSize() > limits.program)
      throw new Error(`pattern ${pattern} is too complex: use fewer or smaller repetitions`);
    // The library caches compiled patterns by their text.
    return { test: (text: string) => compiled.test(text), toString: () => pattern };
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
// The library's own implementation compares every item with every other.
ajv.removeKeyword('uniqueItems');
ajv.addKeyword({
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  validate: (unique: boolean, items: readonly Json[]) =>
    !unique || new Set(items.map(canonicalJson)).size === items.length,
  error: { message: 'must not have the same item twice' },
});

/** A compiled schema, with each reference replaced by its definition, or its faults, with paths relative to the schema. */
type CompiledSchema =
  | { readonly schema: JsonObject; readonly faultOf: (data: unknown) => string | undefined }
  | { readonly faults: readonly Fault[] };

/** Compiles the schema of an event so that checking data always ends soon. */
export function compileSchema(declared: JsonObject): CompiledSchema {
  try {
    if (ajv.validateSchema(declared) !== true) return { faults: schemaFaults(ajv.errors ?? []) };
    if ('$async' in declared) throw new Error('must not be asynchronous');
    const schema = writtenOut(declared);
    const validate = ajv.compile(schema);
    const faultOf = (data: unknown): string | undefined =>
      validate(data) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'data' });
    return { schema, faultOf };
  } catch (error) {
    return { faults: [{ path: [], message: error instanceof Error ? error.message : String(error) }] };
  }
}

/** One fault for each place; when a schema has alternatives, that of the first. */
function schemaFaults(errors: readonly ErrorObject[]): Fault[] {
  const byPlace = new Map(errors.toReversed().map((error) => [error.instancePath, error.message]));
  return [...byPlace].map(([place, message]) => ({
    path: pathOf(place),
    message: `${message}, as JSON Schema (draft 7) has it`,
  }));
}

/**
 * The schema without `$ref`, so that it can be embedded in another document.
 * @throws when it refers to anything but its own definitions, to itself, or is too large
 */
function writtenOut(schema: JsonObject): JsonObject {
  const { definitions, $defs, ...root } = schema;
  const known: JsonObject = { ...($defs as JsonObject), ...(definitions as JsonObject) };
  let left = limits.characters - JSON.stringify(schema).length;
  const write = (value: Json, from: readonly string[]): Json => {
    if (left < 0)
      throw new Error(`has more than ${limits.characters} characters of JSON, each $ref written out`);
    if (Array.isArray(value)) return value.map((item: Json) => write(item, from));
    if (typeof value !== 'object' || value === null) return value;
    const { $ref: reference, ...rest } = value as JsonObject;
    if (typeof reference !== 'string')
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, write(item, from)]));
    const name = /^#\/(?:definitions|\$defs)\/([^/]+)$/.exec(reference)?.[1] ?? '';
    const definition = Object.hasOwn(known, name) ? known[name] : undefined;
    if (definition === undefined)
      throw new Error(`has the $ref ${reference}: only #/definitions/NAME of the same schema can be used`);
    if (from.includes(name)) throw new Error(`has a $ref that leads back to itself: ${reference}`);
    left -= JSON.stringify(definition).length;
    const written = write(definition, [...from, name]);
    const beside = write(rest, from) as JsonObject & { readonly allOf?: readonly Json[] };
    return { ...beside, allOf: [...(beside.allOf ?? []), written] };
  };
  return write(root, []) as JsonObject;
}
