import { fileURLToPath } from 'node:url';
import type { Logger } from '#platform';
import type { KeyStore } from './key-store.ts';
import { SqliteKeyStore } from './sqlite-key-store.ts';
import { PostgresKeyStore } from './postgres-key-store.ts';

/** The key store at an address: `file:…` or `postgres://…`. It connects with its first call. */
export function openKeyStore(url: string, logger: Logger): KeyStore {
  return url.startsWith('file:') ? new SqliteKeyStore(pathOf(url)) : new PostgresKeyStore(url, logger);
}

/** Accepts relative paths, too, as in `file:.data/keys/keys.db`. */
export function pathOf(url: string): string {
  return url.startsWith('file:///') ? fileURLToPath(url) : url.slice('file:'.length);
}
