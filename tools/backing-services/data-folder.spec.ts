import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { protect } from './data-folder.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'turnstream-data-'));
  chmodSync(dir, 0o755);
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** A file that everybody may read, in folders that everybody may open. */
function make(path: string): void {
  const folder = dirname(join(dir, path));
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  writeFileSync(join(dir, path), '', { mode: 0o644 });
}
const files = [
  'kafka/logs/0.log',
  'event-store/events.db',
  'valkey/appendonly.aof',
  'postgres/PG_VERSION',
  'postgres.password',
  'keys/master-keys',
  'auth/issuer.json',
  'exports/turns.csv',
  'logs/api.log',
  'run.json',
];
const rights = (path = '.') => (statSync(join(dir, path)).mode & 0o777).toString(8);

test.each([true, false])(
  'the launcher’s files are accessible to this user only (folder given: %j)',
  (isGiven) => {
    for (const path of files) make(path);
    protect(dir, isGiven);
    const folders = ['.', 'kafka/logs', ...files.map((path) => dirname(path))];
    expect(folders.map((path) => [path, rights(path)])).toEqual(folders.map((path) => [path, '700']));
    expect(files.map((path) => [path, rights(path)])).toEqual(files.map((path) => [path, '600']));
  },
);

test('a given folder with other files keeps its rights and theirs', () => {
  for (const path of ['kafka/0.log', 'site/index.html']) make(path);
  protect(dir, true);
  expect(['.', 'site', 'site/index.html', 'kafka'].map(rights)).toEqual(['755', '755', '644', '700']);
});

test('downloads keep their rights', () => {
  make('cache/kafka/bin/run');
  protect(dir, false);
  expect(['.', 'cache/kafka', 'cache/kafka/bin/run'].map(rights)).toEqual(['700', '755', '644']);
});

test('a closed folder is not walked again', () => {
  make('kafka/logs/0.log');
  chmodSync(join(dir, 'kafka'), 0o700);
  protect(dir, false);
  expect(['kafka', 'kafka/logs', 'kafka/logs/0.log'].map(rights)).toEqual(['700', '755', '644']);
});

test('the target of a link is not changed', () => {
  make('elsewhere/file');
  make('kafka/0.log');
  symlinkSync(join(dir, 'elsewhere'), join(dir, 'kafka/link'));
  protect(dir, false);
  expect(['kafka', 'elsewhere'].map(rights)).toEqual(['700', '755']);
});
