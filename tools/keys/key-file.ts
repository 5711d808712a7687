import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { lockSync } from 'proper-lockfile';
// Not imported from its lib, which would load Nest for every command of the launcher.
import { readKeyFile, withNewKey } from '../../libs/privacy/src/keys/key-file.ts';
import { Failure } from '../shared/failure.ts';
import { folder } from '../shared/paths.ts';

/** After how many milliseconds the lock of a process that died is void. */
const stale = 60_000;

/** Creates a file of master keys with one key. Never replaces a file: the keys that it wraps would be lost. */
export function initKeyFile(path: string): string {
  folder(dirname(path));
  // A link fails if the file exists; a rename would replace it.
  return write(path, undefined, (partial) => {
    const isNew = unless('EEXIST', () => {
      linkSync(partial, path);
      return true;
    });
    if (!isNew) throw new Failure(`${path} is there already: npm run keys -- rotate adds a key to it.`);
  });
}

/**
 * Adds a key to a file and makes it the current one. One process at a time: of two that read the same file, the second
 * would drop the key of the first, which may have wrapped data keys.
 */
export function rotateKeyFile(path: string): string {
  const release = unless('ELOCKED', () => lockSync(path, { realpath: false, stale }));
  if (!release)
    throw new Failure(`Another process is changing ${path}. Try again; its lock is ${path}.lock.`);
  try {
    return write(path, readKeyFile(path), (partial) => renameSync(partial, path));
  } finally {
    release();
  }
}

/** Durable when it returns: not even a power failure loses a key that may wrap data keys from now on. */
function write(
  path: string,
  before: ReturnType<typeof readKeyFile> | undefined,
  place: (partial: string) => void,
): string {
  const file = withNewKey(before, new Date());
  const partial = `${path}.${randomBytes(4).toString('hex')}.partial`;
  try {
    synced(partial, 'wx', (descriptor) => writeSync(descriptor, `${JSON.stringify(file, null, 2)}\n`));
    place(partial);
  } finally {
    rmSync(partial, { force: true });
  }
  synced(dirname(path), 'r');
  return file.current;
}

function synced(path: string, flag: 'wx' | 'r', change?: (descriptor: number) => void): void {
  const descriptor = openSync(path, flag, 0o600);
  try {
    change?.(descriptor);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The result of an act; undefined: it failed with that code. */
function unless<T>(code: string, act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === code) return undefined;
    throw error;
  }
}
