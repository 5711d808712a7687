import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { validateWorkflow } from '@action-validator/core';
import { CORE_SCHEMA, load, mergeTag } from 'js-yaml';

const root = join(import.meta.dirname, '..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly pull_policy?: string;
  readonly command?: readonly string[];
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
}

const compose = load(text('docker-compose.yml'), { schema: CORE_SCHEMA.withTags(mergeTag) }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
};
const services = Object.entries(compose.services);
const backing = services.filter(([, service]) => !service.profiles);
const apps = services.filter(([, service]) => service.profiles);

describe('docker-compose.yml', () => {
  test('runs the four backing services alone, and the apps with the profile apps', () => {
    expect(backing.map(([name]) => name).sort()).toEqual(['event-store', 'kafka', 'postgres', 'valkey']);
    expect(apps.map(([name]) => name).sort()).toEqual(['api', 'bridge', 'keys', 'migrate', 'projector']);
    for (const [, app] of apps) expect(app.profiles).toEqual(['apps']);
  });

  test.each(backing)(
    '%s is pinned, has a health check, keeps its data, and listens for this machine only',
    (_, service) => {
      expect(service.image).toMatch(/^[a-z]+\/?[a-z]*:\d+\.\d+(\.\d+)?(-\w+)?$/);
      expect(service.healthcheck?.test?.length).toBeGreaterThan(1);
      for (const port of service.ports ?? [])
        expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z]+_PORT:-\d+\}:\d+$/);
      const named = (service.volumes ?? []).map((volume) => volume.split(':')[0]);
      expect(named.length).toBeGreaterThan(0);
      expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(named));
    },
  );

  /** Steps that end before the apps start. */
  const steps = new Set(['migrate', 'keys']);

  test.each(apps)('%s knows every backing service and waits for what it needs', (name, app) => {
    const variables = ['EVENTSTORE_URL', 'KAFKA_BROKERS', 'REDIS_URL', 'DATABASE_URL'];
    expect(Object.keys(app.environment ?? {})).toEqual([
      ...variables,
      'KEYSTORE_URL',
      'MASTER_KEYS',
      'SEAL_TOGETHER',
      'HOST',
      'ALLOWED_HOSTS',
      'PORT',
      'LOG_LEVEL',
      ...(name === 'api'
        ? ['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS', 'AUTH_ALGORITHMS', 'EXPORT_DIR']
        : []),
    ]);
    expect(app.healthcheck?.disable ?? false).toBe(steps.has(name));
    for (const [other, { condition }] of Object.entries(app.depends_on ?? {})) {
      expect(Object.keys(compose.services)).toContain(other);
      expect(condition).toBe(steps.has(other) ? 'service_completed_successfully' : 'service_healthy');
    }
  });

  test('one service builds the image that all apps use', () => {
    expect(new Set(apps.map(([, app]) => app.image))).toEqual(new Set(['turnstream:local']));
    expect(apps.filter(([, app]) => app.build).map(([name]) => name)).toEqual(['migrate']);
    for (const [name, app] of apps) expect(app.pull_policy).toBe(name === 'migrate' ? 'build' : 'never');
  });

  test('every program of an app is in the repository or in an npm package', () => {
    for (const [, { command = [] }] of apps) {
      const program = command.find((word) => word.includes('/')) ?? '';
      const source = program.replace(/^dist\/(apps\/\w+)\/main\.js$/, '$1/src/main.ts');
      expect(statSync(join(root, source)).isFile()).toBe(true);
    }
  });
});

test('the Dockerfile is pinned, in two stages, and does not run as root', () => {
  const file = text('Dockerfile');
  const images = [...file.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
  expect(images).toHaveLength(2);
  for (const image of images) expect(image).toMatch(/^node:24\.\d+\.\d+-/);
  expect(file).toMatch(/^USER node$/m);
  expect(file).toMatch(/^RUN npm run build && npm run image -- \/image$/m);
  expect(file).toMatch(/^COPY --from=build .*\/image \.\/$/m);
});

test('every path in nest-cli.json exists', () => {
  interface Project {
    readonly root: string;
    readonly sourceRoot: string;
    readonly entryFile: string;
    readonly compilerOptions: { readonly tsConfigPath: string };
  }
  const { projects } = JSON.parse(text('nest-cli.json')) as {
    readonly projects: Readonly<Record<string, Project>>;
  };
  for (const { root: folder, sourceRoot, entryFile, compilerOptions } of Object.values(projects)) {
    expect(statSync(join(root, folder)).isDirectory()).toBe(true);
    expect(statSync(join(root, compilerOptions.tsConfigPath)).isFile()).toBe(true);
    expect(statSync(join(root, sourceRoot, `${entryFile}.ts`)).isFile()).toBe(true);
  }
});

test('the workflow of GitHub Actions fits its schema', () => {
  expect(validateWorkflow(text('.github/workflows/ci.yml')).errors).toEqual([]);
});

test('the check of workflows finds a fault', () => {
  expect(
    validateWorkflow(text('.github/workflows/ci.yml').replace('runs-on:', 'runs_on:')).errors,
  ).not.toEqual([]);
});

test('dependabot updates npm, Docker and the actions', () => {
  const { version, updates } = load(text('.github/dependabot.yml')) as {
    readonly version: number;
    readonly updates: readonly { readonly 'package-ecosystem': string; readonly directory: string }[];
  };
  expect(version).toBe(2);
  expect(updates.map((update) => update['package-ecosystem']).sort()).toEqual([
    'docker',
    'docker-compose',
    'github-actions',
    'maven',
    'npm',
  ]);
  for (const { directory } of updates) expect(statSync(join(root, directory)).isDirectory()).toBe(true);
});
