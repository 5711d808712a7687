/** `npm run openapi`: writes docs/openapi.json from the api's code. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { generateDocument } from './document.ts';

mkdirSync('docs', { recursive: true });
writeFileSync('docs/openapi.json', await generateDocument());
console.log('docs/openapi.json is written.');
process.exit();
