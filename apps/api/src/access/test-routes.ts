import { once } from 'node:events';
import { WebSocket } from 'ws';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Role } from '#privacy';
import type { Act } from './rules.ts';

/** A route of the OpenAPI document, with ids that do not exist and a valid body. */
export interface TestRoute {
  readonly method: string;
  /** The path template of the document. */
  readonly template: string;
  readonly path: string;
  readonly body: object | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly rule: { readonly act: Act; readonly roles: readonly Role[] } | undefined;
}

interface Schema {
  readonly $ref?: string;
  readonly example?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
}

interface Operation {
  readonly 'x-access'?: TestRoute['rule'];
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema?: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
}

interface Content {
  readonly schema?: Schema;
  readonly examples?: Readonly<Record<string, { readonly value: object }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** All routes of `docs/openapi.json`. */
export async function testRoutes(): Promise<TestRoute[]> {
  const document = JSON.parse(await readFile('docs/openapi.json', 'utf8')) as Document;
  return Object.entries(document.paths).flatMap(([template, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      method: method.toUpperCase(),
      template,
      path: pathOf(document, template, operation),
      body: bodyOf(document, operation),
      headers: headersOf(document, operation),
      rule: operation['x-access'],
    })),
  );
}

function bodyOf(document: Document, { requestBody }: Operation): object | undefined {
  const { schema, examples } = requestBody?.content['application/json'] ?? {};
  const [example] = Object.values(examples ?? {});
  return example?.value ?? (schema && (sampleOf(document, schema) as object));
}

/** With the required query parameters. */
function pathOf(document: Document, template: string, { parameters = [] }: Operation): string {
  const path = template
    .replaceAll(/\{session_id\}|\{inquiry_id\}|\{export_id\}/g, randomUUID())
    .replaceAll(/\{\w+\}/g, 'x');
  const needed = parameters.filter(({ in: place, required }) => place === 'query' && required);
  const query = needed.map(({ name, schema }): [string, string] => [
    name,
    String(sampleOf(document, schema ?? {})),
  ]);
  return query.length === 0 ? path : `${path}?${new URLSearchParams(query).toString()}`;
}

function headersOf(document: Document, { parameters = [] }: Operation): Record<string, string> {
  const needed = parameters.filter(({ in: place, required }) => place === 'header' && required);
  return Object.fromEntries(
    needed.map(({ name, schema }) => [name.toLowerCase(), String(sampleOf(document, schema ?? {}))]),
  );
}

function sampleOf(document: Document, schema: Schema): unknown {
  const { $ref, example, oneOf, items } = schema;
  if (example !== undefined) return example;
  if ($ref !== undefined)
    return sampleOf(document, document.components.schemas[$ref.split('/').at(-1) ?? ''] ?? {});
  if (schema.enum !== undefined) return schema.enum[0];
  if (oneOf !== undefined) return sampleOf(document, oneOf[0] ?? {});
  if (items !== undefined) return [sampleOf(document, items)];
  if (schema.properties !== undefined) return objectOf(document, schema);
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1;
  return schema.type === 'object' ? {} : schema.type === 'boolean' ? true : 'x';
}

function objectOf(document: Document, { properties = {}, required = [] }: Schema): object {
  const given = required.map((name) => [name, sampleOf(document, properties[name] ?? {})]);
  return Object.fromEntries(given);
}

/** The status of the answer to a refused upgrade. */
export async function refusedUpgrade(
  url: string,
  headers: Readonly<Record<string, string>>,
  query = '',
): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/agents${query}`, { headers });
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  socket.on('error', () => undefined);
  socket.terminate();
  return response.statusCode;
}
