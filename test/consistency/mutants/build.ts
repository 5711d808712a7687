import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Patch } from './list.ts';

const sources = [
  'apps',
  'declarations',
  'libs',
  'packages',
  '.swcrc',
  'nest-cli.json',
  'package.json',
  'rspack.config.mjs',
  'tsconfig.base.json',
  'tsconfig.json',
];

const isSource = (path: string): boolean => !/\/(node_modules|dist)(\/|$)/.test(path);

/**
 * Builds the apps from a patched copy of the sources while `work` runs; `work` gets the folder of the copy.
 * @param only the only app that is built; the others are those of this project
 */
export async function withPatchedBuild<T>(
  patches: readonly Patch[],
  work: (root: string) => Promise<T>,
  only?: string,
): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'turnstream-mutant-'));
  try {
    for (const name of sources) cpSync(name, join(root, name), { recursive: true, filter: isSource });
    symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
    for (const patch of patches) apply(root, patch);
    const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
    await execa(process.execPath, [nest, 'build', only ?? '--all'], { cwd: root });
    if (only !== undefined) linkOthers(root, only);
    return await work(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function linkOthers(root: string, built: string): void {
  const own = join(process.cwd(), 'dist/apps');
  for (const app of readdirSync(own))
    if (app !== built) symlinkSync(join(own, app), join(root, 'dist/apps', app));
}

function apply(root: string, { file, find, replace }: Patch): void {
  const path = join(root, file);
  const parts = readFileSync(path, 'utf8').split(find);
  if (parts.length !== 2)
    throw new Error(
      `A mutant no longer applies: ${file} has its text ${parts.length - 1} times, not once: ${find}`,
    );
  writeFileSync(path, parts.join(replace));
}
