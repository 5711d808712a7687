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
 * Assembles what a container runs: the bundles of the apps with their source maps, the migrations, the shipped
 * declarations, what makes the first master key, and those npm packages that the apps depend on, as package-lock.json says and node_modules has them.
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

/** Copies without the packages that are nested in a package: those are entries of their own. */
function copy(path: string, target: string): void {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  const isOwn = (source: string) => !source.slice(join(root, path).length).includes('/node_modules');
  cpSync(join(root, path), join(target, path), { recursive: true, filter: isOwn });
}

/** The paths in node_modules of all that the project's `dependencies` need, found as Node resolves them. */
function productionPackages(): Set<string> {
  const { packages } = read('package-lock.json') as { packages: Readonly<Record<string, Locked>> };
  const found = new Set<string>();
  const visit = (from: string): void => {
    for (const name of needs(packages[from] ?? {})) {
      const path = resolve(name, from, packages);
      // A package of another platform is in the lock only.
      if (path === undefined || found.has(path) || !existsSync(join(root, path))) continue;
      found.add(path);
      visit(path);
    }
  };
  visit('');
  return found;
}

/** The names of what a package does not run without; an optional peer counts only where somebody else needs it. */
function needs(entry: Locked): string[] {
  const { dependencies, optionalDependencies, peerDependencies = {}, peerDependenciesMeta = {} } = entry;
  const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  return [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers];
}

/** Where `name` is, seen from the package at `from`: in its own node_modules, else in those above. */
function resolve(name: string, from: string, packages: Readonly<Record<string, Locked>>): string | undefined {
  const path = `${from && `${from}/`}node_modules/${name}`;
  if (packages[path] !== undefined) return path;
  if (from === '') return undefined;
  return resolve(name, from.slice(0, Math.max(0, from.lastIndexOf('node_modules/') - 1)), packages);
}

const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'));
