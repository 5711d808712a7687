/** `npm run asyncapi`: writes docs/asyncapi.json from the schemas in the code. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { generateDocument } from './document.ts';

mkdirSync('docs', { recursive: true });
writeFileSync('docs/asyncapi.json', await generateDocument());
console.log('docs/asyncapi.json is written.');
