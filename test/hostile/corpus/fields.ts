import { readFileSync } from 'node:fs';
import type { Case } from '../common/case.ts';
import type { Request } from '../common/exchange.ts';
import { httpCase } from '../common/exchange.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly oneOf?: readonly Schema[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Operation {
  readonly 'x-access'?: { readonly roles: readonly string[] };
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as Document;
const refused = '400 validation_failed';
const deep = `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`;

/** For each field of each body of the OpenAPI document: values that it refuses. */
export const fieldCases: readonly Case[] = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, { requestBody, 'x-access': access }]) => {
    const role = access?.roles.includes('service') === false ? 'admin' : 'service';
    const schema = requestBody && resolved(requestBody.content['application/json'].schema);
    return schema ? casesOf(method.toUpperCase(), path, schema, role) : [];
  }),
);

function casesOf(method: string, path: string, schema: Schema, role: Request['role']): Case[] {
  const { properties = {}, required = [] } = schema;
  const base = Object.fromEntries(required.map((field) => [field, valid(properties[field] ?? {})]));
  const one = (what: string, body: string): Case =>
    httpCase(`${method} ${path}: ${what}`, { method, path: filled(path), body, role }, refused);
  const withField = (field: string, json: string): string => {
    const others = Object.entries({ ...base }).filter(([name]) => name !== field);
    const members = others.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
    return `{${[...members, `${JSON.stringify(field)}:${json}`].join(',')}}`;
  };
  return [
    ...Object.entries(properties).flatMap(([field, property]) =>
      wrongValues(resolved(property)).map(([what, json]) => one(`${field} ${what}`, withField(field, json))),
    ),
    ...required.map((field) => {
      const { [field]: _left, ...others } = base;
      return one(`without ${field}`, JSON.stringify(others));
    }),
    one('an unknown field', withField('surprise', '1')),
    one('the key __proto__', withField('__proto__', '{"isAdmin":true}')),
    one('the key constructor', withField('constructor', '{"prototype":{"x":1}}')),
    one('a very deep field', withField('surprise', deep)),
    one('a list', '[]'),
    one('null', 'null'),
  ];
}

/** JSON values that a field refuses, with their names. */
function wrongValues({
  type,
  format,
  maxLength,
  enum: values,
  minimum,
  maximum,
  oneOf,
}: Schema): [string, string][] {
  const wrong: [string, string][] = [];
  const add = (what: string, json: string): void => void wrong.push([what, json]);
  if (type === 'string' || oneOf) {
    add('is a list', '[]');
    add('is an object', '{"a":1}');
    add('has U+0000', '"a\\u0000b"');
    add('has half a surrogate pair', '"a\\ud800b"');
  }
  if (type === 'string') add('is a number', '5');
  if (type === 'string' && values) add('is another word', '"surprise"');
  if (type === 'string' && format === 'uuid') add('is no UUID', '"0-0"');
  if (maxLength !== undefined) add('is too long', JSON.stringify('x'.repeat(maxLength + 1)));
  if (type === 'number' || type === 'integer') {
    add('is a text', '"5"');
    add('is an object', '{}');
    add('is beyond a double', '1e400');
    if (minimum !== undefined) add('is too small', String(minimum - 1));
    if (maximum !== undefined) add('is too large', String(maximum + 1));
  }
  if (type === 'boolean') add('is a text', '"true"');
  if (type === 'object') {
    add('is a list', '[]');
    add('is a text', '"{}"');
    add('is very deep', deep);
    add('has the key __proto__', '{"__proto__":{"x":1}}');
  }
  if (type === 'array') {
    add('is an object', '{"0":1}');
    add('has numbers', '[1,2]');
    add('has 5,000 items', `[${Array(5_000).fill('{}').join(',')}]`);
  }
  return wrong;
}

/** A valid value of a required field. */
function valid(property: Schema): unknown {
  const { type, enum: values, minimum } = resolved(property);
  if (values) return values[0];
  if (type === 'number' || type === 'integer') return minimum ?? 1;
  if (type === 'object') return { order_id: 'ORD1' };
  if (type === 'array') return [];
  return 'x';
}

function resolved(schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : (document.components.schemas[name] ?? {});
}

function filled(path: string): string {
  return path
    .replace('{session_id}', '{session}')
    .replace('{partner_id}', 'P-hostile')
    .replace('{goal}', 'pay')
    .replace('{flag}', 'vip');
}
