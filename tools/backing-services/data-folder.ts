import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { backingServices } from './index.ts';
import { Failure } from '../shared/failure.ts';
import { cacheDir } from '../shared/paths.ts';

/** What the launcher keeps in its data folder. */
export const PARTS = [
  ...backingServices.map(({ name }) => name),
  'keys',
  'auth',
  'exports',
  'logs',
  'run.json',
  'postgres.password',
  'postgres.partial',
];

/**
 * Takes what the launcher keeps in the data folder away from other users, and the folder itself; one that was given and
 * holds more than that is somebody's own and keeps its rights. Earlier versions left all of it open.
 */
export function protect(dir: string, isGiven: boolean): void {
  try {
    const isOurs = !isGiven || readdirSync(dir).every(isPart(dir));
    for (const part of PARTS) close(join(dir, part));
    if (isOurs) chmodSync(dir, 0o700);
  } catch (error) {
    throw new Failure(
      `Cannot protect the folder ${dir} (${(error as Error).message}): set TURNSTREAM_DATA to a folder of your own.`,
    );
  }
}

const isPart = (dir: string) => (name: string) => PARTS.includes(name) || join(dir, name) === cacheDir;

/** Nobody gets through a closed folder, so what is in it needs no look: it is closed last, and then for good. */
function close(path: string): void {
  try {
    const found = lstatSync(path);
    if (found.isSymbolicLink() || (found.mode & 0o077) === 0) return;
    if (found.isDirectory()) for (const name of readdirSync(path)) close(join(path, name));
    chmodSync(path, found.mode & 0o700);
  } catch (error) {
    // It is not there, or no longer.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
