/** TypeScript for Node's loader, compiled with the same .swcrc as in jest. Compiled modules are cached for later processes. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
const root = resolve(import.meta.dirname, '..');
const configFile = join(root, '.swcrc');
const folder = join(root, 'node_modules/.cache/turnstream');
const hashOf = (...parts) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest('hex');
const compiler = hashOf(readFileSync(configFile), require('@swc/core/package.json').version);

/** Whether a module is one of ours, in TypeScript. */
export const isTypeScript = (url) => /^file:.*\.ts(\?|$)/.test(url) && !url.includes('/node_modules/');

/** The code of a module, with the path of its source map. */
export function compile(url) {
  const filename = fileURLToPath(url);
  const source = readFileSync(filename);
  const kept = join(folder, `${hashOf(relative(root, filename))}.mjs`);
  // It ends with what it was made of: one file a module, however often that changes.
  const end = `\n// ${hashOf(compiler, filename, source)}\n`;
  try {
    const code = readFileSync(kept, 'utf8');
    if (code.endsWith(end)) return code;
  } catch {
    // It was never compiled.
  }
  // Loaded only when it is needed: it is large.
  const { transformSync } = require('@swc/core');
  const options = { filename, configFile, sourceMaps: true };
  const { code, map } = transformSync(source.toString(), options);
  const whole = `${code}//# sourceMappingURL=${pathToFileURL(kept).href}.map${end}`;
  keep(`${kept}.map`, map);
  keep(kept, whole);
  return whole;
}

/** Another process may read the file meanwhile. A folder that cannot be written to costs time only. */
function keep(path, content) {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${path}.${process.pid}`, content);
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    // The next process compiles it again.
  }
}
