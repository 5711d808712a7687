/** `npm run asyncapi`: writes docs/asyncapi.json from the schemas in the code and the shipped declarations. */
import { writeFileSync } from 'node:fs';
import { parseOptions, runProgram } from '../shared/failure.ts';
import { generateDocument } from './document.ts';

await runProgram(async () => {
  parseOptions({});
  writeFileSync('docs/asyncapi.json', await generateDocument());
  console.log('docs/asyncapi.json is written.');
}, 'usage: npm run asyncapi');
