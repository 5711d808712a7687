import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { generateDocument } from '../tools/openapi/document.ts';
import { generateTypes } from '../tools/openapi/types.ts';

const root = join(import.meta.dirname, '..');

test('docs/openapi.json matches the api', async () => {
  const committed = readFileSync(join(root, 'docs/openapi.json'), 'utf8');
  expect(await generateDocument()).toBe(committed);
});

test('the types of the SDK are those of docs/openapi.json', async () => {
  const document = readFileSync(join(root, 'docs/openapi.json'), 'utf8');
  expect(await generateTypes(document)).toBe(
    readFileSync(join(root, 'packages/sdk/src/client/openapi.ts'), 'utf8'),
  );
});
