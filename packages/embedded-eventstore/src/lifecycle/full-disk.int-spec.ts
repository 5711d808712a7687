import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { append } from '../store/append.ts';
import { OutcomeUnknownError } from '../store/errors.ts';
import { Store } from '../store/store.ts';
import type { FullDiskReport } from './fill-disk.ts';
import { appendMany, proposal, readAll, withDirectory, withStore } from './stores.ts';

const REGISTER = join(import.meta.dirname, '../../../../tools/register.mjs');
const PROGRAM = join(import.meta.dirname, 'fill-disk.ts');
/** Only a user who may create namespaces can mount a small disk. */
const canMount = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

const fillDisk = (dir: string): FullDiskReport => {
  const disk = join(dir, 'disk');
  mkdirSync(disk);
  const node = [process.execPath, '--no-warnings', '--conditions=source', '--import', REGISTER, PROGRAM];
  const script = 'mount -t tmpfs -o size=64m tmpfs "$0" && exec "$@"';
  const command = ['-Urm', 'sh', '-c', script, disk, ...node, disk, join(dir, 'copy')];
  const { stdout, stderr } = spawnSync('unshare', command, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as FullDiskReport;
};

/** The next commit of the store fails with `code`. */
const failCommit = (store: Store, code: string): void => {
  const exec = store.db.exec.bind(store.db);
  store.db.exec = (sql) => {
    if (sql !== 'COMMIT') return exec(sql);
    store.db.exec = exec;
    throw Object.assign(new Error('disk I/O error'), { code });
  };
};

const attempt = (store: Store): Promise<unknown> =>
  store.writer.write((tx) => append(tx, 'stream', 'any', [proposal(0)]));

describe('a full disk', () => {
  if (canMount)
    test('on which the index of the log cannot grow refuses appends, also after a crash, until there is room', () =>
      withDirectory((dir) => {
        const report = fillDisk(dir);
        expect(report.refusal).toBe('The disk is full: nothing was stored');
        expect(report.afterCrash).toBe(report.acknowledged);
        expect(report).not.toHaveProperty('readOnlyReason');
        expect(report).not.toHaveProperty('refusalWithRoom');
        expect(report.stored).toBe(report.acknowledged + 1);
      }));

  test('refuses an append whose commit could not extend the index of the log, and takes the next', () =>
    withDirectory((dir) =>
      withStore(dir, async (store) => {
        failCommit(store, 'SQLITE_IOERR_SHMSIZE');
        await expect(attempt(store)).rejects.toThrow('The disk is full: nothing was stored');
        await appendMany(store, 'stream', 2);
        expect(readAll(store, 'stream')).toHaveLength(2);
      }),
    ));
});

test('a commit that fails with another I/O error has an unknown outcome and makes the store read-only', () =>
  withDirectory((dir) =>
    withStore(dir, async (store) => {
      failCommit(store, 'SQLITE_IOERR_FSYNC');
      await expect(attempt(store)).rejects.toBeInstanceOf(OutcomeUnknownError);
      expect(store.health.readOnlyReason).toBe('disk I/O error');
    }),
  ));
