import openapiTypes, { astToString } from 'openapi-typescript';

const head = '/** The types of the HTTP API, made by `npm run openapi` from docs/openapi.json. */\n';

/** The SDK's types of an OpenAPI document, as text. */
export async function generateTypes(document: string): Promise<string> {
  return head + astToString(await openapiTypes(document, { immutable: true, defaultNonNullable: false }));
}
