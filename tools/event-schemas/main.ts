/** `npm run event-schemas`: writes docs/events.json, the schemas of stored events, from the types in the code. */
import { writeFileSync } from 'node:fs';
import { parseOptions, runProgram } from '../shared/failure.ts';
import { generateDocument } from './document.ts';

await runProgram(async () => {
  parseOptions({});
  writeFileSync('docs/events.json', await generateDocument());
  console.log('docs/events.json is written.');
}, 'usage: npm run event-schemas');
