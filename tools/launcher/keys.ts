import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeSigningKey } from '../history-roots/key-file.ts';
import { initKeyFile } from '../keys/key-file.ts';
import { Failure } from '../shared/failure.ts';
import { folder } from '../shared/paths.ts';

/**
 * The key files if no variable names them: in a separate folder beside those of the backing services, so that no
 * backup of data contains them. Creates the first master key if there is none.
 */
export function ownKeys(dir: string, env = process.env): Readonly<Record<string, string>> {
  if (env['KEYSTORE_URL'] || env['KEYSTORE_URL_FILE']) return {};
  const keys = folder(dir, 'keys');
  const masterKeys = join(keys, 'master-keys.json');
  const store = { KEYSTORE_URL: `file:${join(keys, 'keys.db')}` };
  if (env['MASTER_KEYS']) return store;
  if (!existsSync(masterKeys)) {
    if (existsSync(join(keys, 'keys.db')))
      throw new Failure(
        `${masterKeys} is missing, without which ${keys}/keys.db cannot be read: restore it.`,
      );
    initKeyFile(masterKeys);
  }
  return { ...store, MASTER_KEYS: `file:${masterKeys}` };
}

/** The signing keys of histories if no variable names them. Creates them if there are none. */
export function ownHistoryKeys(dir: string, env = process.env): Readonly<Record<string, string>> {
  if (env['HISTORY_SIGNING_KEY'] || env['HISTORY_PUBLIC_KEYS']) return {};
  const keys = folder(dir, 'keys');
  const [own, known] = [join(keys, 'history-signing-key.pem'), join(keys, 'history-public-keys.pem')];
  if (!existsSync(own)) makeSigningKey(own, known);
  return { HISTORY_SIGNING_KEY: `file:${own}`, HISTORY_PUBLIC_KEYS: `file:${known}` };
}
