/**
 * The first step of the image's containers: makes the file of master keys that MASTER_KEYS names when there is none, as
 * `npm run keys -- init` does. Built-ins only.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';

const path = fileOf(process.env.MASTER_KEYS);
const store = fileOf(process.env.KEYSTORE_URL);

if (path && !existsSync(path)) {
  if (store && existsSync(store))
    throw new Error(`${path} is missing, without which ${store} cannot be read.`);
  const created_at = new Date().toISOString();
  const id = `mk-${created_at.slice(0, 10)}-${randomBytes(4).toString('hex')}`;
  const keys = { [id]: { created_at, secret: randomBytes(32).toString('base64') } };
  writeFileSync(path, JSON.stringify({ current: id, keys }, null, 2), { mode: 0o600, flag: 'wx' });
}

function fileOf(address = '') {
  return address.startsWith('file:') ? address.slice('file:'.length) : undefined;
}
