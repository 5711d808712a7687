import type { Place, Schema } from './narrowed.ts';
import { narrowed } from './narrowed.ts';

interface Content {
  readonly content?: { readonly [type: string]: { readonly schema?: Schema } };
}

interface Operation {
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema?: Schema }[];
  readonly requestBody?: Content & { readonly required?: boolean };
  readonly responses: { readonly [status: string]: Content & { readonly $ref?: string } };
}

export interface OpenApi {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
}

/** Requests: what an older client sends must be accepted, and an unknown member is refused. */
const requests = { closed: true, openEnums: false };
/** Answers: an older client must be able to read them; it ignores unknown members. */
const answers = { closed: false, openEnums: true };

/** What an older client of the HTTP API can no longer do. */
export function httpApiBreaks(before: OpenApi, after: OpenApi): string[] {
  return Object.entries(before.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, old]) => {
      const what = `${method.toUpperCase()} ${path}`;
      const now = after.paths[path]?.[method];
      if (now === undefined) return [`${what} is gone`];
      return [
        ...narrowed(place(parametersOf(old), before), place(parametersOf(now), after), requests).map(
          (fault) => `${what}: parameter ${fault}`,
        ),
        ...bodyBreaks(place(bodyOf(old), before), place(bodyOf(now), after), now).map(
          (fault) => `${what}: ${fault}`,
        ),
        ...answerBreaks(old, now, before, after).map((fault) => `${what}: ${fault}`),
      ];
    }),
  );
}

const place = (schema: Schema | undefined, document: OpenApi): Place => ({ schema: schema ?? {}, document });
const nameOf = (parameter: { name: string; in: string }): string => `${parameter.in}:${parameter.name}`;

function bodyBreaks(before: Place, after: Place, { requestBody }: Operation): string[] {
  const hadNone = Object.keys(before.schema).length === 0;
  if (hadNone) return requestBody?.required ? ['a body is required'] : [];
  return narrowed(before, after, requests).map((fault) => `in the body, ${fault}`);
}

function answerBreaks(old: Operation, now: Operation, before: OpenApi, after: OpenApi): string[] {
  return Object.entries(old.responses)
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([status, response]) => {
      const same = now.responses[status];
      if (same === undefined) return [`is no longer answered with ${status}`];
      const [was, is] = [bodyOf({ requestBody: response }), bodyOf({ requestBody: same })];
      if (was === undefined) return [];
      const from = { schema: is ?? {}, document: after };
      return narrowed(from, { schema: was, document: before }, answers).map(
        (fault) => `in the answer ${status}, ${fault}`,
      );
    });
}

/** The parameters of an operation as the members of an object. */
function parametersOf({ parameters = [] }: Operation): Schema {
  return {
    type: 'object',
    required: parameters.filter(({ required }) => required).map(nameOf),
    properties: Object.fromEntries(
      parameters.map((parameter) => [nameOf(parameter), parameter.schema ?? {}]),
    ),
  };
}

function bodyOf({ requestBody }: Pick<Operation, 'requestBody'>): Schema | undefined {
  return requestBody?.content?.['application/json']?.schema;
}
