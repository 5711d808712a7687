/** `npm run openapi`: writes docs/openapi.json from the api's code, and the SDK's types from it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { generateDocument } from './document.ts';
import { generateTypes } from './types.ts';

await runProgram(async () => {
  parseOptions({});
  if (process.env['TURNSTREAM_DECLARATIONS'])
    throw new Failure('The document is that of the shipped declarations: unset TURNSTREAM_DECLARATIONS.');
  mkdirSync('docs', { recursive: true });
  const document = await generateDocument();
  writeFileSync('docs/openapi.json', document);
  writeFileSync('packages/sdk/src/client/openapi.ts', await generateTypes(document));
  console.log('docs/openapi.json and packages/sdk/src/client/openapi.ts are written.');
}, 'usage: npm run openapi');
