import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Where a started system keeps its data: `.data/`, or TURNSTREAM_DATA. */
export const dataDir = resolve(root, process.env.TURNSTREAM_DATA ?? '.data');

/** Downloads that every run shares (Kafka's jars, the Valkey wheel); `npm run reset` leaves them. */
export const cacheDir = resolve(root, process.env.TURNSTREAM_CACHE ?? '.data/cache');

/** Who runs, for `npm stop` and for a second `npm start`. */
export const runFile = (data = dataDir) => join(data, 'run.json');

/** Makes the folder when it is missing and returns its path. */
export function folder(...parts) {
  const path = join(...parts);
  mkdirSync(path, { recursive: true });
  return path;
}
