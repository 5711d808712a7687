/** TypeScript for Node's loader, compiled with the same .swcrc as in jest. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const configFile = join(import.meta.dirname, '../.swcrc');

/** Whether a module is one of ours, in TypeScript. */
export const isTypeScript = (url) => /^file:.*\.ts(\?|$)/.test(url) && !url.includes('/node_modules/');

/** The code of a module, with its source map inline. */
export function compile(url) {
  const filename = fileURLToPath(url);
  return transformSync(readFileSync(filename, 'utf8'), { filename, configFile }).code;
}
