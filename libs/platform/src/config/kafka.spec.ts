import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { EnvironmentError } from './errors.ts';
import { loadKafkaConnection } from './kafka.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-kafka-config-'));
afterAll(() => {
  rmSync(dir, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

const brokers = ['kafka:9093'];
const load = (env: NodeJS.ProcessEnv): object => loadKafkaConnection(brokers, env);
const scram = { KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'me' };
const oauth = {
  KAFKA_SASL_MECHANISM: 'oauthbearer',
  KAFKA_SASL_OAUTH_TOKEN_URL: 'https://login.example.com/token',
  KAFKA_SASL_OAUTH_CLIENT_ID: 'me',
};

test('without variables there is neither TLS nor SASL', () => {
  expect(load({})).toEqual({ brokers });
});

test('TLS alone trusts the default authorities', () => {
  expect(load({ KAFKA_SSL: 'true' })).toEqual({ brokers, ssl: {} });
});

test('certificates and key are read from their files', () => {
  const env = {
    KAFKA_SSL: 'true',
    KAFKA_SSL_CA_FILE: file('ca.pem', 'CA'),
    KAFKA_SSL_CERT_FILE: file('cert.pem', 'CERT'),
    KAFKA_SSL_KEY_FILE: file('key.pem', 'KEY'),
    KAFKA_SSL_SERVERNAME: 'kafka.internal',
  };
  const ssl = { ca: 'CA', cert: 'CERT', key: 'KEY', servername: 'kafka.internal' };
  expect(load(env)).toEqual({ brokers, ssl });
});

test('a password is given directly or in a file', () => {
  const sasl = { mechanism: 'scram-sha-512', username: 'me', password: 'hidden' };
  expect(load({ ...scram, KAFKA_SASL_PASSWORD: 'hidden' })).toEqual({ brokers, sasl });
  expect(load({ ...scram, KAFKA_SASL_PASSWORD_FILE: file('password', 'hidden\n') })).toEqual({
    brokers,
    sasl,
  });
});

test('tokens come by client credentials', () => {
  const env = { ...oauth, KAFKA_SASL_OAUTH_CLIENT_SECRET: 'hidden', KAFKA_SASL_OAUTH_SCOPE: 'kafka' };
  expect(load(env)).toMatchObject({
    sasl: { mechanism: 'oauthbearer', clientId: 'me', clientSecret: 'hidden', scope: 'kafka' },
  });
});

test.each<[string, NodeJS.ProcessEnv]>([
  ['KAFKA_SSL', { KAFKA_SSL: 'yes' }],
  ['KAFKA_SSL', { KAFKA_SSL_CA_FILE: '/ca.pem' }],
  ['KAFKA_SSL_CA_FILE', { KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: '/nowhere/ca.pem' }],
  ['KAFKA_SSL_KEY_FILE', { KAFKA_SSL: 'true', KAFKA_SSL_CERT_FILE: '/cert.pem' }],
  ['KAFKA_SSL_CERT_FILE', { KAFKA_SSL: 'true', KAFKA_SSL_KEY_FILE: '/key.pem' }],
  ['KAFKA_SASL_MECHANISM', { KAFKA_SASL_MECHANISM: 'gssapi' }],
  ['KAFKA_SASL_MECHANISM', { KAFKA_SASL_PASSWORD: 'hidden' }],
  ['KAFKA_SASL_USERNAME', { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_PASSWORD: 'hidden' }],
  ['KAFKA_SASL_PASSWORD', scram],
  ['KAFKA_SASL_PASSWORD_FILE', { ...scram, KAFKA_SASL_PASSWORD: 'hidden', KAFKA_SASL_PASSWORD_FILE: '/p' }],
  ['KAFKA_SASL_OAUTH_CLIENT_SECRET', oauth],
  ['KAFKA_SASL_OAUTH_TOKEN_URL', { ...oauth, KAFKA_SASL_OAUTH_TOKEN_URL: 'login.example.com' }],
])('%s is named when it is wrong or missing: %j', (variable, env) => {
  let error: unknown;
  try {
    load(env);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(EnvironmentError);
  expect((error as EnvironmentError).faults.map((fault) => fault.variable)).toEqual([variable]);
  expect((error as EnvironmentError).message).not.toContain('hidden');
});
