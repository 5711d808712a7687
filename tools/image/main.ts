/** `npm run image`: assembles the folder that the production image runs. */
import { resolve } from 'node:path';
import { parseWords, runProgram } from '../shared/failure.ts';
import { assemble } from './assemble.ts';

await runProgram(async () => {
  const positionals = parseWords();
  const target = resolve(positionals[0] ?? '.data/image');
  assemble(target);
  console.log(`${target} holds the contents of the image.`);
}, 'usage: npm run build && npm run image [-- FOLDER], .data/image by default');
