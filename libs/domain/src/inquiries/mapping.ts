import type { Json, JsonObject } from '../kernel/json.ts';
import { isObject } from '../kernel/json.ts';

/** How deep a mapping may nest, and how many values it may have. Anything beyond counts as missing. */
const limits = { depth: 16, values: 1_000 } as const;

interface Mapped {
  /** Undefined: there is no value. */
  readonly value: Json | undefined;
  /** Whether every pointer found something. */
  readonly complete: boolean;
}

/**
 * Applies a mapping to a document. A text that starts with "/" is a JSON Pointer (RFC 6901) into the document,
 * `{ pointer, otherwise }` a pointer with a default for a missing value, `{ const }` a constant. Any other object or list
 * consists of mappings, and those without a value are left out; anything else stands for itself. Null in the document counts
 * as missing. Never throws.
 */
export function mapJson(mapping: Json, document: JsonObject): Mapped {
  let [left, complete]: [number, boolean] = [limits.values, true];
  const missing = (): undefined => {
    complete = false;
  };
  const map = (item: Json, depth: number): Json | undefined => {
    left -= 1;
    if (left < 0 || depth > limits.depth) return missing();
    if (typeof item === 'string') return item.startsWith('/') ? (find(document, item) ?? missing()) : item;
    if (!isObject(item))
      return Array.isArray(item) ? present(item.map((one: Json) => map(one, depth + 1))) : item;
    const keys = Object.keys(item);
    if (keys.length === 1 && keys[0] === 'const') return item['const'];
    if (isPointer(item, keys))
      return find(document, item.pointer) ?? (keys.length === 2 ? item.otherwise : missing());
    const members = keys.map((key): [string, Json | undefined] => [key, map(item[key] ?? null, depth + 1)]);
    return Object.fromEntries(members.filter((member): member is [string, Json] => member[1] !== undefined));
  };
  return { value: map(mapping, 0), complete };
}

/** The value that a JSON Pointer names, if there is one. */
function find(document: JsonObject, pointer: string): Json | undefined {
  let value: Json | undefined = document;
  for (const token of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value) && !/^(0|[1-9]\d*)$/.test(key)) return undefined;
    value = Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined;
  }
  return value ?? undefined;
}

function isPointer(
  item: JsonObject,
  keys: readonly string[],
): item is { readonly pointer: string; readonly otherwise: Json } {
  return typeof item['pointer'] === 'string' && keys.every((key) => key === 'pointer' || key === 'otherwise');
}

function present(values: readonly (Json | undefined)[]): Json[] {
  return values.filter((value) => value !== undefined);
}
