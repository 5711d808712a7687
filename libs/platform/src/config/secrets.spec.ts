import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { loadConfig } from './config.ts';
import { EnvironmentError } from './errors.ts';
import { secretOf, secretVariables } from './secrets.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-secrets-'));
afterAll(() => {
  rmSync(dir, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

function fault(load: () => unknown): EnvironmentError {
  try {
    load();
  } catch (error) {
    if (error instanceof EnvironmentError) return error;
    throw error;
  }
  throw new Error('Nothing is wrong.');
}

describe.each(secretVariables)('%s', (variable) => {
  const name = `${variable}_FILE`;

  test('is given itself or in a file, without the end of its line', () => {
    expect(secretOf({}, variable)).toBeUndefined();
    expect(secretOf({ [variable]: ' ', [name]: '' }, variable)).toBeUndefined();
    expect(secretOf({ [variable]: 'hidden' }, variable)).toBe('hidden');
    expect(secretOf({ [name]: file(variable, 'hidden\n') }, variable)).toBe('hidden');
  });

  test.each([
    ['must not be set when', { [variable]: 'hidden', [name]: '/none' }],
    ['names a file that cannot be read (ENOENT)', { [name]: '/none' }],
    ['names a file with nothing in it', { [name]: file('empty', '\n') }],
  ])('%s: its file is named, and no value', (reason, env) => {
    const error = fault(() => secretOf(env, variable));
    expect(error.faults).toMatchObject([{ variable: name, message: expect.stringContaining(reason) }]);
    expect(error.message).not.toContain('hidden');
  });

  test('is in the documentation', () => {
    const text = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');
    const [, section = ''] = /^### Secrets in files\n(.*?)\n#/ms.exec(text) ?? [];
    expect(section).toContain(`\`${variable}\``);
  });
});

const addresses = {
  EVENTSTORE_URL: 'esdb://me:hidden@store:2113',
  REDIS_URL: 'redis://:hidden@redis:6379',
  DATABASE_URL: 'postgresql://me:hidden@db/turnstream',
  DATABASE_READ_URL: 'postgresql://me:hidden@replica/turnstream',
};
const inFiles = Object.fromEntries(
  Object.entries(addresses).map(([name, text]) => [`${name}_FILE`, file(`${name}.address`, `${text}\n`)]),
);

test('a process starts with its addresses in files', () => {
  const env = {
    ...inFiles,
    KAFKA_BROKERS: 'kafka:9092',
    KAFKA_SASL_MECHANISM: 'plain',
    KAFKA_SASL_USERNAME: 'me',
  };
  expect(loadConfig({ ...env, KAFKA_SASL_PASSWORD_FILE: file('kafka', 'hidden') })).toMatchObject({
    eventStoreUrl: addresses.EVENTSTORE_URL,
    redis: { url: addresses.REDIS_URL },
    databaseUrl: addresses.DATABASE_URL,
    databaseReads: { url: addresses.DATABASE_READ_URL },
    kafka: { sasl: { password: 'hidden' } },
  });
});

test('of several that are wrong each is named once', () => {
  const env = { ...inFiles, DATABASE_URL_FILE: '/none', REDIS_URL_FILE: file('wrong', 'http://hidden') };
  const { faults, message } = fault(() => loadConfig(env));
  expect(faults.map(({ variable }) => variable).sort()).toEqual([
    'DATABASE_URL_FILE',
    'KAFKA_BROKERS',
    'REDIS_URL',
  ]);
  expect(message).not.toContain('hidden');
});
