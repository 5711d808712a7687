import { statfsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execaSync } from 'execa';
import { Failure } from './failure.ts';

/** The project's folder. */
export const root = resolve(import.meta.dirname, '../..');

/** Options of Node for an app whose stack traces are to name its TypeScript. */
export const namingSources = ['--import', join(root, 'tools/source-maps.mjs')] as const;

/** Where a started system keeps its data: `.data/`, or TURNSTREAM_DATA. */
export const dataDir = resolve(root, process.env['TURNSTREAM_DATA'] || '.data');

/** Downloads that all runs share (Kafka's jars, the Valkey wheel); `npm run reset` leaves them. */
export const cacheDir = resolve(root, process.env['TURNSTREAM_CACHE'] || '.data/cache');

/** Makes the folder for this user alone when it is missing, and returns its path. */
export function folder(...parts: string[]): string {
  const path = join(...parts);
  // With mkdirSync and `recursive`, Node never returns where no folder can be made, as in /proc.
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  const { failed, stderr } = execaSync('mkdir', ['-p', '-m', '700', path], { reject: false });
  if (!failed) return path;
  const remedy = 'set TURNSTREAM_DATA (data) and TURNSTREAM_CACHE (downloads) to folders that you can write';
  throw new Failure(`Cannot use the folder ${path} (${stderr}): ${remedy}.`);
}

/** Fails when the disk of this folder has too little room. */
export function assertRoom(path: string, neededMib: number): void {
  const { bavail, bsize } = statfsSync(path);
  const free = Math.floor((bavail * bsize) / 2 ** 20);
  if (free >= neededMib) return;
  throw new Failure(
    `The disk is full: ${path} has ${free} MiB left and ${neededMib} MiB are needed. Free some space, ` +
      'or set TURNSTREAM_DATA (data) and TURNSTREAM_CACHE (downloads) to folders on another disk.',
  );
}
