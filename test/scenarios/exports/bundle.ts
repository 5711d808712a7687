import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rspack } from '@rspack/core';
import { root } from '../../../tools/shared/paths.ts';

interface Swc {
  readonly jsc: object;
}

/** Compiles a program into one file, like the apps: a compiler loaded with the program would count as its memory. */
export async function bundle(name: string): Promise<string> {
  const filename = `${name}.mjs`;
  const path = join(root, 'dist/scenarios');
  const { jsc } = JSON.parse(readFileSync(join(root, '.swcrc'), 'utf8')) as Swc;
  const use = { loader: 'builtin:swc-loader', options: { jsc } };
  const compiler = rspack({
    context: root,
    entry: join(import.meta.dirname, `${name}.ts`),
    mode: 'none',
    target: 'node',
    module: { rules: [{ test: /\.ts$/, type: 'javascript/esm', use }] },
    resolve: { extensions: ['.ts', '.js'] },
    output: { path, filename, module: true, chunkFormat: 'module' },
    externalsType: 'module',
    // Packages stay outside.
    externals: [/^(@[\w.-]+\/)?[a-z][\w.-]*(\/|$)/i],
  });
  await new Promise<void>((resolve, reject) => {
    compiler.run((error, stats) => {
      if (error === null && stats?.hasErrors() === false) resolve();
      else reject(error ?? new Error(stats?.toString({}) ?? name));
    });
  });
  return join(path, filename);
}
