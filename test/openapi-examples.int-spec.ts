import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { TestApp } from '../apps/api/src/test-app.ts';
import { startTestApp } from '../apps/api/src/test-app.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly example?: unknown;
  readonly default?: unknown;
}
type Examples = Readonly<Record<string, { value: unknown }>>;
interface Operation {
  readonly parameters?: readonly { name: string; in: string; schema: Schema; example?: unknown }[];
  readonly requestBody?: { content: Record<string, { schema: Schema; examples?: Examples }> };
  readonly responses: Record<string, { content?: Record<string, { schema: Schema; examples?: Examples }> }>;
}

const document = JSON.parse(readFileSync(join(import.meta.dirname, '../docs/openapi.json'), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method} ${path}`,
    method,
    path,
    operation,
  })),
);

/** The value that Swagger UI fills in for a schema: its example, or else one built from all of its properties. */
function sample(schema: Schema): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.$ref !== undefined)
    return sample(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.format === 'uuid') return '3fa85f64-5717-4562-b3fc-2c963f66afa6';
  if (schema.properties === undefined) return schema.type === 'string' ? 'string' : 0;
  return Object.fromEntries(Object.entries(schema.properties).map(([name, item]) => [name, sample(item)]));
}

describe('the examples of the OpenAPI document', () => {
  const ajv = new Ajv2020({ strict: false });
  formats.default(ajv);
  ajv.addSchema({ $id: 'api', components: document.components });

  function check(schema: Schema, value: unknown): unknown {
    const local = JSON.stringify(schema).replaceAll('"#/', '"api#/');
    return ajv.validate(JSON.parse(local) as object, value) ? undefined : ajv.errorsText();
  }

  const ofSchemas = Object.entries(document.components.schemas).flatMap(([name, { properties = {} }]) =>
    Object.entries(properties)
      .filter(([, { example }]) => example !== undefined)
      .map(([field, schema]): [string, Schema, unknown] => [`${name}.${field}`, schema, schema.example]),
  );
  const ofParameters = operations.flatMap(({ name, operation: { parameters = [] } }) =>
    parameters
      .map(({ name: parameter, schema, example = schema.example }) => ({ parameter, schema, example }))
      .filter(({ example }) => example !== undefined)
      .map(({ parameter, schema, example }): [string, Schema, unknown] => [
        `${name} ${parameter}`,
        schema,
        example,
      ]),
  );
  const ofContents = operations.flatMap(({ name, operation: { requestBody, responses } }) =>
    [requestBody, ...Object.values(responses)].flatMap((message) =>
      Object.values(message?.content ?? {}).flatMap(({ schema, examples = {} }) =>
        Object.entries(examples).map(([key, { value }]): [string, Schema, unknown] => [
          `${name} ${key}`,
          schema,
          value,
        ]),
      ),
    ),
  );

  test.each([...ofSchemas, ...ofParameters, ...ofContents])(
    '%s is as its schema says',
    (_, schema, value) => {
      expect(check(schema, value)).toBeUndefined();
    },
  );
});

describe('the api accepts the examples of', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ env: { TEXT_SEARCH: 'all' } });
  });
  afterAll(() => app.close());

  /** A path with the ids of a session that has the data of the examples. */
  async function pathOn(template: string): Promise<string> {
    const partner_id = `P-${randomUUID()}`;
    if (template.includes('{partner_id}')) await app.start({ partner_id });
    if (!template.includes('{session_id}')) return template.replace('{partner_id}', partner_id);
    const id = await app.start();
    await app.call('POST', `/v1/sessions/${id}/goals`, { goal: 'resolve_payment' });
    return template.replace('{session_id}', id).replace('{goal}', 'resolve_payment').replace('{flag}', 'vip');
  }

  const withBody = operations.flatMap(({ name, method, path, operation: { requestBody } }) =>
    Object.values(requestBody?.content ?? {}).map(({ schema, examples }) => ({
      name,
      method,
      path,
      bodies: examples === undefined ? [sample(schema)] : Object.values(examples).map(({ value }) => value),
    })),
  );

  test.each(withBody)('$name', async ({ method, path, bodies }) => {
    const address = await pathOn(path);
    for (const body of bodies) {
      const answer = await app.call(method.toUpperCase(), address, body);
      expect({ body: answer.body, isSuccess: answer.status < 300 }).toMatchObject({ isSuccess: true });
    }
  });

  const withQuery = operations.flatMap(({ name, path, operation: { parameters = [] } }) => {
    const query = parameters.filter((item) => item.in === 'query' && sample(item.schema) !== undefined);
    const examples = query.filter(({ schema, example = schema.example }) => example !== undefined);
    return examples.map((item) => ({
      name,
      path,
      // Agents have to name a partner, a session or a period.
      more:
        parameters.some((one) => one.name === 'partner_id') && item.name !== 'partner_id'
          ? '&partner_id=P7689'
          : '',
      parameter: item.name,
      value: String(item.example ?? item.schema.example),
    }));
  });

  test.each(withQuery)('$name with $parameter', async ({ path, parameter, value, more }) => {
    const address = `${await pathOn(path)}?${parameter}=${encodeURIComponent(value)}${more}`;
    expect(await app.call('GET', address)).toMatchObject({ status: 200 });
  });
});
