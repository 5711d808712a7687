import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ConfigError } from '#platform';
import { loadKeysConfig } from './config.ts';

const postgres = 'postgresql://keys:hidden@127.0.0.1:5432/keys';
const masters = 'aws-kms:alias/turnstream';

test('without a key store nothing is encrypted', () => {
  expect(loadKeysConfig({}).keys).toBeNull();
});

test('in production the key store must be configured, or nothing starts', () => {
  expect(() => loadKeysConfig({ NODE_ENV: 'production' })).toThrow('KEYSTORE_URL is missing');
});

test('a key store needs master keys', () => {
  expect(() => loadKeysConfig({ KEYSTORE_URL: postgres })).toThrow('MASTER_KEYS is missing');
});

test.each([
  { KEYSTORE_URL: 'mysql://keys:hidden@127.0.0.1/keys' },
  { KEYSTORE_URL: postgres, MASTER_KEYS: 'hidden' },
  { KEYSTORE_URL: `${postgres}?pooling=statement` },
  { KEYSTORE_URL_FILE: '/none/hidden' },
])('an error names the variable without its value: %j', (env) => {
  const load = (): unknown => loadKeysConfig({ MASTER_KEYS: masters, ...env });
  expect(load).toThrow(ConfigError);
  expect(load).not.toThrow('hidden');
});

test('the fields of an event are sealed as one where every process can read that', () => {
  expect(loadKeysConfig({ SEAL_TOGETHER: 'on' }).together).toBe(true);
  expect(() => loadKeysConfig({ SEAL_TOGETHER: 'yes' })).toThrow('SEAL_TOGETHER must be one of on, off');
});

test('the address of the key store can be in a file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-keys-config-'));
  const file = join(dir, 'url');
  writeFileSync(file, `${postgres}\n`);
  const { keys, ...limits } = loadKeysConfig({
    KEYSTORE_URL_FILE: file,
    MASTER_KEYS: masters,
    KEYS_KEPT: '9',
  });
  rmSync(dir, { recursive: true });
  expect(keys).toEqual({ storeUrl: postgres, masterKeys: masters });
  expect(limits).toEqual({ keptS: 300, kept: 9, together: false });
});
