import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { waitUntil } from '#platform';
import { DevelopmentIssuer } from '#privacy';
import { freePorts } from '../../tools/shared/free-ports.ts';
import { assemble } from '../../tools/image/assemble.ts';

const image = mkdtempSync(join(tmpdir(), 'turnstream-image-'));
const database = `image_${process.pid}`;
const server = process.env['DATABASE_URL'] ?? '';
const databaseUrl = new URL(`/${database}`, server).href;

async function onServer(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  assemble(image);
  await onServer(`CREATE DATABASE ${database}`);
});
afterAll(async () => {
  await onServer(`DROP DATABASE ${database} WITH (FORCE)`);
  rmSync(image, { recursive: true, force: true });
});

/** The contents of a container of the image, without the rest of the project. */
const env = {
  PATH: process.env['PATH'],
  NODE_ENV: 'production',
  DATABASE_URL: databaseUrl,
  KEYSTORE_URL: `file:${image}/keys.db`,
  MASTER_KEYS: `file:${image}/master-keys.json`,
};

test('the folder of the image holds built code and production packages only', () => {
  const files = readdirSync(image, { recursive: true, encoding: 'utf8' });
  expect(readdirSync(image).sort()).toEqual([
    'LICENSE',
    'declarations',
    'dist',
    'migrations',
    'node_modules',
    'package.json',
    'tools',
  ]);
  const own = files.filter((file) => !file.startsWith('node_modules'));
  expect(own.filter((file) => /spec|bench|\.ts$/.test(file))).toEqual([]);
  expect(own.filter((file) => file.endsWith('main.js')).sort()).toEqual([
    'dist/apps/api/main.js',
    'dist/apps/bridge/main.js',
    'dist/apps/projector/main.js',
    'dist/apps/router/main.js',
  ]);
  for (const name of ['node', 'jest', 'typescript', '@swc/core', '@nestjs/cli', '@turnstream/sdk', 'oxfmt'])
    expect(files).not.toContain(`node_modules/${name}`);
  const [size] = execFileSync('du', ['-sm', image], { encoding: 'utf8' }).split('\t');
  console.log(`The folder of the image has ${size} MB.`);
  expect(Number(size)).toBeLessThan(250);
});

test('the api of the image does not start without an issuer', () => {
  const addresses = ['EVENTSTORE_URL', 'KAFKA_BROKERS', 'REDIS_URL'];
  const services = Object.fromEntries(addresses.map((name) => [name, process.env[name]]));
  const start = () =>
    execFileSync(process.execPath, ['dist/apps/api/main.js'], {
      cwd: image,
      env: { ...env, ...services },
      stdio: 'pipe',
    });
  expect(start).toThrow(
    expect.objectContaining({ status: 78, message: expect.stringContaining('AUTH_ISSUER is missing') }),
  );
});

/** A busy machine may take long to stop an app. */
const patient = { SHUTDOWN_GRACE_MS: '120000' };

test('the migrations and the three apps run from the folder of the image', async () => {
  const migrate = ['node_modules/node-pg-migrate/bin/node-pg-migrate.js', 'up', '-t', 'schema_migration'];
  execFileSync(process.execPath, migrate, { cwd: image, env, stdio: 'pipe' });
  execFileSync(process.execPath, ['tools/keys/init.mjs'], { cwd: image, env, stdio: 'pipe' });
  const services = Object.fromEntries(
    ['EVENTSTORE_URL', 'KAFKA_BROKERS', 'REDIS_URL'].map((name) => [name, process.env[name]]),
  );
  const issuer = await DevelopmentIssuer.in(join(image, 'auth'));
  for (const app of ['api', 'projector', 'bridge']) {
    const [port = 0] = await freePorts(1);
    const child = spawn(process.execPath, ['--enable-source-maps', `dist/apps/${app}/main.js`], {
      cwd: image,
      env: { ...env, ...services, ...issuer.env, PORT: String(port), LOG_LEVEL: 'error', ...patient },
      stdio: ['ignore', 2, 2],
    });
    try {
      await waitUntil(async () => child.exitCode !== null || (await isReady(port)), { everyMs: 100 });
      expect(child.exitCode).toBeNull();
    } finally {
      if (child.kill('SIGTERM')) await once(child, 'exit');
    }
    expect(child.exitCode).toBe(0);
  }
});

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok ?? false;
}
