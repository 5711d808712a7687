import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { backingServices } from './index.ts';
import { Failure } from '../shared/failure.ts';
import { cacheDir } from '../shared/paths.ts';

/** The files and folders of the launcher in its data folder. */
export const PARTS = [
  ...backingServices.map(({ name }) => name),
  'keys',
  'auth',
  'exports',
  'logs',
  'run.json',
  'run.json.lock',
  'run.json.partial',
  'backing-services',
  'postgres.password',
  'postgres.partial',
];

/**
 * Removes the access of other users to the launcher's files and to the data folder itself. A folder that the user
 * chose and that holds other files keeps its rights. Earlier versions left everything readable.
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

/**
 * The contents of a closed folder cannot be reached, so a closed folder is skipped. That is why a folder is closed
 * last.
 */
function close(path: string): void {
  try {
    const found = lstatSync(path);
    if (found.isSymbolicLink() || (found.mode & 0o077) === 0) return;
    if (found.isDirectory()) for (const name of readdirSync(path)) close(join(path, name));
    chmodSync(path, found.mode & 0o700);
  } catch (error) {
    // It does not exist, or no longer does.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
