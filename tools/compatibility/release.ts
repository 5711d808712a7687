import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../shared/paths.ts';
import { run } from '../shared/run.ts';
import { Failure } from '../shared/failure.ts';
import type { OpenApi } from './http-api.ts';
import type { AsyncApi } from './messages.ts';
import type { Migrations } from './migrations.ts';
import type { StoredEvents } from './events.ts';

/** The public contracts of a release. A part that it did not have is undefined. */
export interface Release {
  readonly version: string;
  readonly openApi: OpenApi | undefined;
  readonly asyncApi: AsyncApi | undefined;
  readonly events: StoredEvents | undefined;
  readonly migrations: Migrations;
}

/** The newest tag of a release before the current code, which may have a tag itself; undefined: there is none. */
export async function lastTag(folder = root): Promise<string | undefined> {
  const describe = (...words: string[]) =>
    run(['git', 'describe', '--tags', '--match', 'v*', ...words], { cwd: folder });
  const isTagged = (await describe('--exact-match')).code === 0;
  const { code, output } = await describe('--abbrev=0', isTagged ? 'HEAD^' : 'HEAD');
  return code === 0 ? output.trim() : undefined;
}

export function presentRelease(): Release {
  const names = readdirSync(join(root, 'migrations'));
  return releaseOf(
    Object.fromEntries(documents.map((name) => [name, read(name)])),
    Object.fromEntries(names.map((name) => [name, read(`migrations/${name}`)])),
  );
}

/** @throws Failure when there is no such tag */
export async function taggedRelease(tag: string): Promise<Release> {
  const { code, output } = await git('ls-tree', '--name-only', `${tag}:migrations`);
  if (code !== 0)
    throw new Failure(`There is no tag ${tag} with migrations: fetch the tags (git fetch --tags).`);
  const show = async (name: string): Promise<[string, string | undefined]> => {
    const shown = await git('show', `${tag}:${name}`);
    return [name, shown.code === 0 ? shown.output : undefined];
  };
  const files = await Promise.all(documents.map(show));
  const migrations = await Promise.all(
    output
      .split('\n')
      .filter(Boolean)
      .map(async (name) => [name, (await show(`migrations/${name}`))[1] ?? ''] as const),
  );
  return releaseOf(Object.fromEntries(files), Object.fromEntries(migrations));
}

const read = (name: string): string => readFileSync(join(root, name), 'utf8');

const documents = ['package.json', 'docs/openapi.json', 'docs/asyncapi.json', 'docs/events.json'];

function releaseOf(files: Readonly<Record<string, string | undefined>>, migrations: Migrations): Release {
  const parsed = (name: string): unknown => {
    const text = files[name];
    return text === undefined ? undefined : JSON.parse(text);
  };
  return {
    version: (parsed('package.json') as { version: string }).version,
    openApi: parsed('docs/openapi.json') as OpenApi | undefined,
    asyncApi: parsed('docs/asyncapi.json') as AsyncApi | undefined,
    events: parsed('docs/events.json') as StoredEvents | undefined,
    migrations: trimmed(migrations),
  };
}

/** git and an editor may differ in the final newline of a file. */
function trimmed(migrations: Migrations): Migrations {
  return Object.fromEntries(Object.entries(migrations).map(([name, text]) => [name, text.trim()]));
}

const git = (...words: string[]) => run(['git', ...words], { cwd: root });
