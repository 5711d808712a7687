import { statfsSync } from 'node:fs';
import { Failure } from './fail.mjs';

const MIB = 1024 * 1024;

/** Fails with one line when the disk of this folder has too little room. */
export function assertRoom(path, neededMib) {
  const { bavail, bsize } = statfsSync(path);
  const free = Math.floor((bavail * bsize) / MIB);
  if (free >= neededMib) return;
  throw new Failure(
    `The disk is full: ${path} has ${free} MiB left and ${neededMib} MiB are needed. Free some space, ` +
      'or set TURNSTREAM_DATA (data) and TURNSTREAM_CACHE (downloads) to folders on another disk.',
  );
}
