/**
 * The first step of the image's containers: creates the file of master keys that MASTER_KEYS names if it is missing,
 * like `npm run keys -- init`. Built-ins only, and a copy of `key-file.ts`: the image has no sources of the libs.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const path = fileOf(process.env.MASTER_KEYS);
const store = fileOf(process.env.KEYSTORE_URL);

if (path && !existsSync(path)) {
  if (store && existsSync(store))
    throw new Error(`${path} is missing, without which ${store} cannot be read.`);
  const created_at = new Date().toISOString();
  const id = `mk-${created_at.slice(0, 10)}-${randomBytes(4).toString('hex')}`;
  const keys = { [id]: { created_at, secret: randomBytes(32).toString('base64') } };
  writeWhole(path, JSON.stringify({ current: id, keys }, null, 2));
}

/** A crash leaves a complete file or none. A file that another process creates meanwhile stays. */
function writeWhole(file, text) {
  const partial = `${file}.${randomBytes(4).toString('hex')}.partial`;
  try {
    synced(partial, 'wx', (descriptor) => writeSync(descriptor, text));
    // A link fails if the file exists; a rename would replace it.
    linkSync(partial, file);
  } finally {
    rmSync(partial, { force: true });
  }
  synced(dirname(file), 'r');
}

function synced(name, flag, write = () => undefined) {
  const descriptor = openSync(name, flag, 0o600);
  try {
    write(descriptor);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function fileOf(address = '') {
  return address.startsWith('file:') ? address.slice('file:'.length) : undefined;
}
