import { createLogger } from '#platform';
import { DataKeys, loadKeysConfig, openKeyStore, openMasterKeys } from '#privacy';
import { runningSystem } from './address.ts';

/** The keys of KEYSTORE_URL, or of the system that npm start runs; undefined: nothing is encrypted. */
export function openDataKeys(env = process.env): DataKeys | undefined {
  const { keys } = loadKeysConfig({ ...runningSystem(env), ...env });
  if (keys === null) return undefined;
  return new DataKeys(
    openKeyStore(keys.storeUrl, createLogger('keys', 'silent')),
    openMasterKeys(keys.masterKeys),
  );
}
