import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { createLogger, HealthChecks, LOGGER, Metrics } from '#platform';
import { DataKeys } from './keys/data-keys.ts';
import { PrivacyModule } from './privacy.module.ts';

/** As the classes of the apps inject the keys. */
@Injectable()
class User {
  constructor(@Optional() @Inject(DataKeys) readonly keys?: DataKeys) {}
}

class Shared {}

const dir = mkdtempSync(join(tmpdir(), 'turnstream-privacy-'));
let app: INestApplicationContext;

async function start(env: Record<string, string>): Promise<{ health: HealthChecks; metrics: Metrics }> {
  const [health, metrics] = [new HealthChecks(), new Metrics('spec')];
  const providers = [
    { provide: HealthChecks, useValue: health },
    { provide: Metrics, useValue: metrics },
    { provide: LOGGER, useValue: createLogger('spec', 'silent') },
  ];
  const shared = {
    module: Shared,
    global: true,
    providers,
    exports: providers.map(({ provide }) => provide),
  };
  const module = { module: class {}, imports: [shared, PrivacyModule], providers: [User] };
  Object.assign(process.env, env);
  app = await NestFactory.createApplicationContext(module, { logger: false });
  for (const name of Object.keys(env)) delete process.env[name];
  return { health, metrics };
}

afterEach(() => app.close());
afterAll(() => rmSync(dir, { recursive: true }));

test('without a key store there are no keys, and no check of them', async () => {
  const { health } = await start({});
  expect(app.get(User).keys).toBeUndefined();
  expect((await health.ready()).checks).toEqual({});
});

test('with a key store, keys are injected, and health and metrics show it', async () => {
  const [KEYSTORE_URL, masterKeys] = [`file:${dir}/keys.db`, join(dir, 'master-keys.json')];
  const keys = { mk: { created_at: '2026-11-29', secret: randomBytes(32).toString('base64') } };
  writeFileSync(masterKeys, JSON.stringify({ current: 'mk', keys }), { mode: 0o600 });
  const { health, metrics } = await start({ KEYSTORE_URL, MASTER_KEYS: `file:${masterKeys}` });
  await app.get(User).keys?.of('P1');
  expect((await health.ready()).checks['key_store']?.status).toBe('ok');
  expect(await metrics.registry.metrics()).toMatch(/^keys_cached\{app="spec"\} 1$/m);
});
