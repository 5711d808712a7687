import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { emptyProject, installTarball, link, nodeOf, run } from './packages/install.ts';

const fixtures = join(import.meta.dirname, 'packages/project');
const library = ['LICENSE', 'README.md', 'index.mjs', 'index.d.mts', 'dist/index.cjs', 'dist/index.d.cts'];
/** The folder of each package where it is installed, and the minimum contents of its tarball. */
const packages = [
  ['sdk', '@turnstream/sdk', library],
  ['embedded-eventstore', '@turnstream/embedded-eventstore', library],
  ['cli', 'turnstream', ['LICENSE', 'README.md', 'bin/turnstream.mjs', 'dist/main.js']],
] as const;
const nodeVersions = ['20.19.6', '22.23.3', process.versions.node];
const limitMs = 300_000;

const resolveFrom = (folder: string): NodeJS.RequireResolve =>
  createRequire(join(import.meta.dirname, '..', folder, 'package.json')).resolve;
const typeScript6 = resolveFrom('.')('typescript/lib/tsc.js');
const typeScript5 = resolveFrom('packages/sdk')('typescript/lib/tsc.js');
const jest = join(dirname(resolveFrom('.')('jest/package.json')), 'bin/jest.js');

const project = emptyProject();
const installed = (name: string): string => join(project, 'node_modules', name);
const filesOf = (name: string): string[] =>
  readdirSync(installed(name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name: file }) => join(parentPath, file).slice(installed(name).length + 1));

beforeAll(async () => {
  cpSync(fixtures, project, { recursive: true });
  for (const extension of ['mts', 'cts'])
    cpSync(join(fixtures, 'types.ts'), join(project, `types.${extension}`));
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "private": true }');
  await Promise.all(packages.map(([folder]) => installTarball(folder, project)));
  link('@eventstore/db-client', project);
}, limitMs);

afterAll(() => rmSync(project, { recursive: true, force: true }));

describe.each(packages)('the tarball of %s', (_, name, entries) => {
  test('contains the licence, the README and the entry points', () => {
    expect(filesOf(name)).toEqual(expect.arrayContaining([...entries]));
  });

  test('contains no tests', () => {
    expect(
      filesOf(name).filter((file) =>
        /spec\.|acceptance|contract|lifecycle|model\/|testing|run-sources/.test(file),
      ),
    ).toEqual([]);
  });

  test('contains the sources of its source maps', () => {
    const maps = filesOf(name).filter((file) => file.endsWith('.map'));
    expect(maps.length).toBeGreaterThan(0);
    const sources = maps.flatMap((file) => {
      const path = join(installed(name), file);
      const map = JSON.parse(readFileSync(path, 'utf8')) as { readonly sources: readonly string[] };
      return map.sources.map((source) => resolve(dirname(path), source));
    });
    expect(sources.filter((source) => !existsSync(source))).toEqual([]);
  });
});

describe.each(nodeVersions)('on Node %s', (version) => {
  let node: string;
  beforeAll(async () => {
    node = await nodeOf(version);
  }, limitMs);

  test.each(['sdk.mjs', 'sdk.cjs', 'event-store.mjs', 'event-store.cjs'])(
    '%s runs',
    async (program) => {
      const data = join(project, `data-${program}-${version}`);
      await expect(run(node, [program, data], project)).resolves.toBe('');
    },
    limitMs,
  );

  test(
    'the program of the event store prints its usage',
    async () => {
      const program = join(installed('@turnstream/embedded-eventstore'), 'dist/main.js');
      await expect(run(node, [program, '--help'], project)).resolves.toMatch(/^usage:/);
    },
    limitMs,
  );

  test(
    'the command line runs',
    async () => {
      const program = join(installed('turnstream'), 'bin/turnstream.mjs');
      await expect(run(node, [program, '--version'], project)).resolves.toBe('0.1.0\n');
      await expect(run(node, [program, 'sessions', '--url', 'http://127.0.0.1:9'], project)).rejects.toThrow(
        'The API cannot be reached',
      );
    },
    limitMs,
  );
});

test(
  'a jest project without configuration can require both packages',
  async () => {
    const config = JSON.stringify({ rootDir: project, cacheDirectory: join(project, 'cache') });
    await expect(run(process.execPath, [jest, '--config', config, '--ci'], project)).resolves.toBe('');
  },
  limitMs,
);

describe('types check', () => {
  const commonjs = { module: 'commonjs', moduleResolution: 'node10' };
  const bundler = { module: 'esnext', moduleResolution: 'bundler' };
  test.each([
    ['TypeScript 5.9 and module commonjs', typeScript5, commonjs, ['types.ts']],
    ['TypeScript 5.9 and module nodenext', typeScript5, { module: 'nodenext' }, ['types.mts', 'types.cts']],
    ['TypeScript 6 and module commonjs', typeScript6, { module: 'commonjs' }, ['types.ts']],
    ['TypeScript 6 and module node16', typeScript6, { module: 'node16' }, ['types.mts', 'types.cts']],
    ['TypeScript 6 and a bundler', typeScript6, bundler, ['types.ts']],
  ])(
    'with %s',
    async (title, compiler, options, files) => {
      const folder = join(project, title.replaceAll(/\W+/g, '-'));
      mkdirSync(folder);
      const compilerOptions = {
        ...options,
        target: 'es2022',
        types: [],
        skipDefaultLibCheck: true,
        strict: true,
        noEmit: true,
      };
      const config = { compilerOptions, files: files.map((file) => join(project, file)) };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
      await expect(run(process.execPath, [compiler, '-p', folder], project)).resolves.toBe('');
    },
    limitMs,
  );
});
