import { closeSync, existsSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { readKeyFile, withNewKey } from '#privacy';
import { Failure } from '../shared/failure.ts';
import { folder } from '../shared/paths.ts';

/** Creates a file of master keys with one key. Never replaces a file: the keys that it wraps would be lost. */
export function initKeyFile(path: string): string {
  if (existsSync(path))
    throw new Failure(`${path} is there already: npm run keys -- rotate adds a key to it.`);
  folder(dirname(path));
  return write(path, undefined);
}

/** Adds a key to a file and makes it the current one. */
export function rotateKeyFile(path: string): string {
  return write(path, readKeyFile(path));
}

function write(path: string, before: ReturnType<typeof readKeyFile> | undefined): string {
  const file = withNewKey(before, new Date());
  const partial = `${path}.partial`;
  const descriptor = openSync(partial, 'w', 0o600);
  writeSync(descriptor, `${JSON.stringify(file, null, 2)}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(partial, path);
  return file.current;
}
