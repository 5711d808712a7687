import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** An entry of package-lock.json. */
interface Locked {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const root = join(import.meta.dirname, '../..');
const apps = ['api', 'projector', 'bridge', 'router'];

/**
 * Assembles the contents of the image: the bundles of the apps with their source maps, the migrations, the shipped
 * declarations, the program that creates the first master key, and the npm packages that the apps depend on, by
 * package-lock.json and from node_modules.
 */
export function assemble(target: string): void {
  rmSync(target, { recursive: true, force: true });
  for (const app of apps) copy(`dist/apps/${app}`, target);
  copy('migrations', target);
  copy('declarations', target);
  copy('tools/keys/init.mjs', target);
  for (const path of productionPackages()) copy(path, target);
  copy('LICENSE', target);
  const { name, version, license } = read('package.json') as Record<string, string>;
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name, version, license, type: 'module' }));
}

/** Copies a package without nested packages, which have their own entries. */
function copy(path: string, target: string): void {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  const isOwn = (source: string) => !source.slice(join(root, path).length).includes('/node_modules');
  cpSync(join(root, path), join(target, path), { recursive: true, filter: isOwn });
}

/** The paths in node_modules of all production dependencies, resolved as Node does. */
function productionPackages(): Set<string> {
  const { packages } = read('package-lock.json') as { packages: Readonly<Record<string, Locked>> };
  const found = new Set<string>();
  const visit = (from: string): void => {
    for (const name of needs(packages[from] ?? {})) {
      const path = resolve(name, from, packages);
      // Packages of other platforms are in the lock file only.
      if (path === undefined || found.has(path) || !existsSync(join(root, path))) continue;
      found.add(path);
      visit(path);
    }
  };
  visit('');
  return found;
}

/** The dependencies without which a package does not run; an optional peer counts only if another package needs it. */
function needs(entry: Locked): string[] {
  const { dependencies, optionalDependencies, peerDependencies = {}, peerDependenciesMeta = {} } = entry;
  const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  return [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers];
}

/** The path of `name` as seen from the package at `from`: in its own node_modules, or in those above. */
function resolve(name: string, from: string, packages: Readonly<Record<string, Locked>>): string | undefined {
  const path = `${from && `${from}/`}node_modules/${name}`;
  if (packages[path] !== undefined) return path;
  if (from === '') return undefined;
  return resolve(name, from.slice(0, Math.max(0, from.lastIndexOf('node_modules/') - 1)), packages);
}

const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'));
