import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const modules = join(root, 'node_modules');
const cache = resolve(root, process.env['TURNSTREAM_CACHE'] ?? '.data/cache');

interface Manifest {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Runs a program to its end and returns its output; rejects with the whole output when it fails. */
export async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  // Only the variables that a user's program would inherit, without options of the test runner's Node.
  const { NODE_OPTIONS: _, ...env } = process.env;
  try {
    return (await execute(program, args, { cwd, env, timeout: 290_000 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}

/** An empty project outside of the repository. */
export function emptyProject(): string {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-packages-'));
  mkdirSync(join(dir, 'node_modules'));
  return dir;
}

/**
 * Packs `packages/<name>` and unpacks the tarball into the project, with links to its declared dependencies only.
 * Packing works on a copy: `prepack` empties dist, which other tests use.
 */
export async function installTarball(name: string, project: string): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), 'turnstream-pack-'));
  const source = join(copy, 'packages', name);
  try {
    cpSync(join(root, 'packages', name), source, {
      recursive: true,
      filter: (path) => !path.endsWith('/dist') && !path.endsWith('/node_modules'),
    });
    cpSync(join(root, 'tsconfig.base.json'), join(copy, 'tsconfig.base.json'));
    symlinkSync(modules, join(copy, 'node_modules'));
    const output = await run('npm', ['pack', '--silent', '--pack-destination', copy], source);
    const tarball = output.trim().split('\n').at(-1) ?? '';
    const installed = join(project, 'node_modules', manifestOf(source).name);
    mkdirSync(installed, { recursive: true });
    await run('tar', ['-xzf', join(copy, tarball), '--strip-components=1', '-C', installed], copy);
    const { dependencies } = manifestOf(installed);
    // Turnstream's own packages are installed from their tarballs.
    const others = Object.keys(dependencies).filter((dependency) => !dependency.startsWith('@turnstream/'));
    for (const dependency of others) link(dependency, project);
    return installed;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Links a package of the repository's node_modules into the project. */
export function link(name: string, project: string): void {
  const target = join(project, 'node_modules', name);
  mkdirSync(dirname(target), { recursive: true });
  if (!existsSync(target)) symlinkSync(join(modules, name), target);
}

/** The path of a Node of this version, which npm downloads once into the cache. */
export async function nodeOf(version: string): Promise<string> {
  if (process.version === `v${version}`) return process.execPath;
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const name = `${prefix}-${process.platform}-${process.arch}`;
  const home = join(cache, `node-${version}`);
  const node = join(home, 'node_modules', name, 'bin/node');
  if (existsSync(node)) return node;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, 'node-download-'));
  await run('npm', ['install', '--prefix', fresh, '--no-save', '--silent', `${name}@${version}`], fresh);
  // A concurrent run may have been faster.
  if (existsSync(node)) rmSync(fresh, { recursive: true });
  else renameSync(fresh, home);
  return node;
}
