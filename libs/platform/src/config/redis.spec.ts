import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { loadRedisConnection as load } from './redis.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-redis-config-'));
afterAll(() => {
  rmSync(dir, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

const cluster = {
  kind: 'cluster',
  nodes: [
    { host: 'one', port: 7000 },
    { host: 'two', port: 6379 },
  ],
};

test('one node is a single Redis', () => {
  expect(load('redis://:pw@one:7000/3', {})).toEqual({ kind: 'single', url: 'redis://:pw@one:7000/3' });
});

test.each(['redis://one:7000,two', 'redis+cluster://one:7000,two', 'redis+cluster://one:7000,two/0'])(
  '%s is a cluster',
  (url) => {
    expect(load(url, {})).toEqual(cluster);
  },
);

test('one node of a cluster is enough to discover it', () => {
  const nodes = [{ host: '::1', port: 7000 }];
  expect(load('redis+cluster://[::1]:7000', {})).toEqual({ kind: 'cluster', nodes });
});

test('credentials in the address apply to every node', () => {
  const credentials = { username: 'me', password: 'p@ss' };
  expect(load('redis://me:p%40ss@one:7000,two', {})).toEqual({ ...cluster, ...credentials });
});

test('sentinels name their master and have separate credentials', () => {
  const env = { REDIS_SENTINEL_PASSWORD_FILE: file('sentinel', 'watch\n'), REDIS_PASSWORD: 'data' };
  expect(load('redis+sentinel://one,two:26380/mymaster/2', env)).toEqual({
    kind: 'sentinel',
    nodes: [
      { host: 'one', port: 26_379 },
      { host: 'two', port: 26_380 },
    ],
    name: 'mymaster',
    database: 2,
    sentinels: { password: 'watch' },
    password: 'data',
  });
});

test('certificates, key and password are read from their files', () => {
  const env = {
    REDIS_SSL_CA_FILE: file('ca.pem', 'CA'),
    REDIS_SSL_CERT_FILE: file('cert.pem', 'CERT'),
    REDIS_SSL_KEY_FILE: file('key.pem', 'KEY'),
    REDIS_SSL_SERVERNAME: 'redis',
    REDIS_USERNAME: 'me',
    REDIS_PASSWORD_FILE: file('password', 'hidden\n'),
  };
  const tls = { ca: 'CA', cert: 'CERT', key: 'KEY', servername: 'redis' };
  expect(load('rediss://one:7000', env)).toEqual({
    kind: 'single',
    url: 'rediss://one:7000',
    username: 'me',
    password: 'hidden',
    tls,
  });
});

test.each([
  ['redis://one,two/3', {}, 'a cluster has only 0'],
  ['redis://one,two?family=6', {}, 'options after ?'],
  ['redis://one,two:70000', {}, 'must be host:port'],
  ['redis://one,,two', {}, 'must be host:port'],
  ['redis+sentinel://one,two', {}, 'must name the master'],
  ['redis+sentinel://one/mymaster/x', {}, 'the number of a database'],
  ['redis+cluster://me:%zz@one', {}, '%25'],
  ['redis://one', { REDIS_SSL_CA_FILE: '/ca.pem' }, 'must begin with rediss when REDIS_SSL_CA_FILE is set'],
  ['redis://one', { REDIS_SENTINEL_USERNAME: 'me' }, 'must name sentinels'],
  ['redis://me:pw@one,two', { REDIS_PASSWORD: 'hidden' }, 'must not have credentials'],
  ['rediss://one', { REDIS_SSL_CERT_FILE: '/c.pem' }, 'REDIS_SSL_KEY_FILE is missing'],
  ['rediss://one', { REDIS_PASSWORD_FILE: '/none' }, 'REDIS_PASSWORD_FILE names a file that cannot be read'],
  ['http://one', {}, 'must be a redis:// address'],
])('%s with %j is refused', (url, env, reason) => {
  expect(() => load(url, env)).toThrow(reason);
});
