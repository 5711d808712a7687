/** Writes packages/sdk/src/openapi.ts from docs/openapi.json; with --check it only says whether the file is up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import openapiTypes, { astToString } from 'openapi-typescript';

const root = join(import.meta.dirname, '../..');
const target = join(root, 'packages/sdk/src/openapi.ts');
const document = JSON.parse(readFileSync(join(root, 'docs/openapi.json'), 'utf8'));
const head = '/** The types of the HTTP API, made by `npm run openapi` from docs/openapi.json. */\n';
const text = head + astToString(await openapiTypes(document, { immutable: true, defaultNonNullable: false }));

if (!process.argv.includes('--check')) {
  writeFileSync(target, text);
  console.log('packages/sdk/src/openapi.ts is written.');
} else if (readFileSync(target, 'utf8') !== text) {
  console.error('packages/sdk/src/openapi.ts does not fit docs/openapi.json: run npm run openapi.');
  process.exitCode = 1;
}
