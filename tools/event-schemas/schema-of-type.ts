import ts from 'typescript';

export interface Schema {
  readonly [keyword: string]: unknown;
}

const { TypeFlags } = ts;
/** Named types that may hold any JSON, and refer to themselves. */
const anyJson: Readonly<Record<string, Schema>> = { Json: {}, JsonObject: { type: 'object' } };

/**
 * The JSON Schema of a type, for the subset of TypeScript that stored data use: no generics, no functions, no
 * recursion.
 */
export function schemaOfType(checker: ts.TypeChecker, type: ts.Type): Schema {
  const named = anyJson[type.aliasSymbol?.name ?? type.symbol?.name ?? ''];
  if (named) return named;
  if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
  if (type.flags & TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === 'true' };
  if (type.flags & TypeFlags.String) return { type: 'string' };
  if (type.flags & TypeFlags.Number) return { type: 'number' };
  if (type.flags & TypeFlags.Boolean) return { type: 'boolean' };
  if (type.flags & TypeFlags.Null) return { type: 'null' };
  if (type.isUnion()) return union(checker, type.types);
  if (checker.isArrayType(type)) {
    const [item] = checker.getTypeArguments(type as ts.TypeReference);
    return { type: 'array', items: item ? schemaOfType(checker, item) : {} };
  }
  return object(checker, type);
}

/** Literals of one kind become an enum, simple types a list of types. */
function union(checker: ts.TypeChecker, types: readonly ts.Type[]): Schema {
  const present = types.filter((type) => !(type.flags & TypeFlags.Undefined));
  const schemas = present.map((type) => schemaOfType(checker, type));
  const literals = schemas.filter((schema) => 'const' in schema).map((schema) => schema['const']);
  const others = schemas.filter((schema) => !('const' in schema));
  const isBoolean = literals.length === 2 && literals.every((literal) => typeof literal === 'boolean');
  const enumerated: Schema[] = isBoolean
    ? [{ type: 'boolean' }]
    : literals.length > 0
      ? [{ enum: literals.toSorted((one, other) => (String(one) < String(other) ? -1 : 1)) }]
      : [];
  const all = [...enumerated, ...others];
  const [only] = all;
  if (only && all.length === 1) return only;
  const isSimple = all.every(
    (schema) => Object.keys(schema).length === 1 && typeof schema['type'] === 'string',
  );
  return isSimple ? { type: all.map((schema) => String(schema['type'])).toSorted() } : { anyOf: all };
}

function object(checker: ts.TypeChecker, type: ts.Type): Schema {
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  for (const symbol of checker.getPropertiesOfType(type)) {
    properties[symbol.name] = schemaOfType(checker, checker.getTypeOfSymbol(symbol));
    if (!(symbol.flags & ts.SymbolFlags.Optional)) required.push(symbol.name);
  }
  const index = checker.getIndexInfoOfType(type, ts.IndexKind.String);
  return {
    type: 'object',
    required: required.toSorted(),
    properties,
    ...(index ? { additionalProperties: schemaOfType(checker, index.type) } : {}),
  };
}
