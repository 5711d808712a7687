import { statfsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execaSync } from 'execa';
import { Failure } from './failure.ts';

/** The project's folder. */
export const root = resolve(import.meta.dirname, '../..');

/** Options of Node for an app whose stack traces name its TypeScript sources. */
export const namingSources = ['--import', join(root, 'tools/source-maps.mjs')] as const;

/** The data folder of a started system: `.data/`, or TURNSTREAM_DATA. */
export const dataDir = resolve(root, process.env['TURNSTREAM_DATA'] || '.data');

/** Downloads shared by all runs (Kafka's jars, the Valkey wheel); `npm run reset` keeps them. */
export const cacheDir = resolve(root, process.env['TURNSTREAM_CACHE'] || '.data/cache');

/** Creates the folder, for this user only, if it is missing, and returns its path. */
export function folder(...parts: string[]): string {
  const path = join(...parts);
  // mkdirSync with `recursive` never returns where no folder can be created, as in /proc.
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  const { failed, stderr } = execaSync('mkdir', ['-p', '-m', '700', path], { reject: false });
  if (!failed) return path;
  const remedy = 'set TURNSTREAM_DATA (data) and TURNSTREAM_CACHE (downloads) to folders that you can write';
  throw new Failure(`Cannot use the folder ${path} (${stderr}): ${remedy}.`);
}

/** Fails when the disk of this folder has too little free space. */
export function assertRoom(path: string, neededMib: number): void {
  const { bavail, bsize } = statfsSync(path);
  const free = Math.floor((bavail * bsize) / 2 ** 20);
  if (free >= neededMib) return;
  throw new Failure(
    `The disk is full: ${path} has ${free} MiB left and ${neededMib} MiB are needed. Free some space, ` +
      'or set TURNSTREAM_DATA (data) and TURNSTREAM_CACHE (downloads) to folders on another disk.',
  );
}
