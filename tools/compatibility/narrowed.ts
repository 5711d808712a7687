export interface Schema {
  readonly [keyword: string]: unknown;
}

/** A schema, and the document that its references point into. */
export interface Place {
  readonly schema: Schema;
  readonly document: object;
}

export interface Rules {
  /** A member that the reader's schema does not name is refused, not ignored. */
  readonly closed: boolean;
  /** The reader accepts enum values that it does not know. */
  readonly openEnums: boolean;
}

/**
 * Why a value of the schema `from` may not be valid in the schema `to`: what a writer with `from` sends that a reader
 * with `to` does not accept. Empty: every value can be read.
 */
export function narrowed(from: Place, to: Place, rules: Rules, at = '', depth = 0): string[] {
  const [source, target] = [resolved(from), resolved(to)];
  if (depth > maxDepth) return [];
  const [given, wanted] = [alternatives(source), alternatives(target)];
  if (given.length > 1 || wanted.length > 1) {
    return given.flatMap((one) => {
      const attempts = wanted.map((other) =>
        narrowed({ ...from, schema: one }, { ...to, schema: other }, rules, at, depth + 1),
      );
      return attempts.some((faults) => faults.length === 0) ? [] : (attempts[0] ?? []);
    });
  }
  const inner = (one: unknown, other: unknown, path: string): string[] =>
    narrowed({ ...from, schema: one as Schema }, { ...to, schema: other as Schema }, rules, path, depth + 1);
  return [
    ...typeFaults(source, target, at),
    ...wordFaults(source, target, rules, at),
    ...boundFaults(source, target, at),
    ...memberFaults(source, target, rules, at, inner),
    ...(isSchema(target['items']) && isSchema(source['items'])
      ? inner(source['items'], target['items'], `${at}[]`)
      : []),
  ];
}

/** Limits the recursion into schemas that refer to themselves. */
const maxDepth = 20;

type Inner = (one: unknown, other: unknown, path: string) => string[];

function typeFaults(source: Schema, target: Schema, at: string): string[] {
  const wanted = typesOf(target);
  if (wanted === undefined) return [];
  const given = typesOf(source);
  if (given === undefined) return 'const' in source || 'enum' in source ? [] : [`${at} may be of any type`];
  return given
    .filter((type) => !wanted.includes(type) && !(type === 'integer' && wanted.includes('number')))
    .map((type) => `${at} may be of the type ${type}`);
}

function wordFaults(source: Schema, target: Schema, { openEnums }: Rules, at: string): string[] {
  const wanted = wordsOf(target);
  if (wanted === undefined) return [];
  const given = wordsOf(source);
  if (given === undefined) return [`${at} may be other than ${wanted.join(', ')}`];
  if (openEnums) return [];
  return given.filter((word) => !wanted.includes(word)).map((word) => `${at} may be ${String(word)}`);
}

const upper = ['maxLength', 'maximum', 'maxItems', 'maxProperties'];
const lower = ['minLength', 'minimum', 'minItems', 'minProperties'];

function boundFaults(source: Schema, target: Schema, at: string): string[] {
  const bound = (schema: Schema, name: string, without: number): number => Number(schema[name] ?? without);
  return [
    ...upper.filter((name) => bound(source, name, Infinity) > bound(target, name, Infinity)),
    ...lower.filter((name) => bound(source, name, -Infinity) < bound(target, name, -Infinity)),
    ...['pattern', 'format'].filter((name) => name in target && source[name] !== target[name]),
  ].map((name) => `${at} may break ${name} ${String(target[name])}`);
}

function memberFaults(source: Schema, target: Schema, { closed }: Rules, at: string, inner: Inner): string[] {
  const given = (source['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  const wanted = (target['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  const always = new Set(source['required'] as string[] | undefined);
  const needed = ((target['required'] ?? []) as string[]).filter((name) => !always.has(name));
  const path = (name: string): string => (at === '' ? name : `${at}.${name}`);
  return [
    ...needed.map((name) => `${path(name)} may be missing`),
    ...Object.entries(given).flatMap(([name, schema]) => {
      const other = wanted[name];
      if (other) return inner(schema, other, path(name));
      return closed && 'properties' in target ? [`${path(name)} is not known`] : [];
    }),
    ...(isSchema(source['additionalProperties']) && isSchema(target['additionalProperties'])
      ? inner(source['additionalProperties'], target['additionalProperties'], path('*'))
      : []),
  ];
}

/** The schema that a reference names, with the parts of an allOf merged. */
function resolved({ schema, document }: Place): Schema {
  const { $ref, allOf } = schema as { $ref?: string; allOf?: readonly Schema[] };
  if ($ref !== undefined) {
    const keys = $ref.replace('#/', '').split('/');
    const target = keys.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], document);
    return resolved({ schema: target as Schema, document });
  }
  if (allOf === undefined) return schema;
  return allOf
    .map((part) => resolved({ schema: part, document }))
    .reduce<Schema>(
      (whole, part) => ({
        ...whole,
        ...part,
        properties: { ...(whole['properties'] as object), ...(part['properties'] as object) },
        required: [...((whole['required'] ?? []) as string[]), ...((part['required'] ?? []) as string[])],
      }),
      {},
    );
}

function alternatives(schema: Schema): readonly Schema[] {
  return (schema['oneOf'] ?? schema['anyOf'] ?? [schema]) as readonly Schema[];
}

function typesOf({ type }: Schema): string[] | undefined {
  return type === undefined ? undefined : [type].flat().map(String);
}

function wordsOf(schema: Schema): readonly unknown[] | undefined {
  return 'const' in schema ? [schema['const']] : (schema['enum'] as unknown[] | undefined);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null;
}
