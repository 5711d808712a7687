import { createLogger } from '#platform';
import { DataKeys, loadKeysConfig, openKeyStore, openMasterKeys } from '#privacy';
import { runningSystem } from './address.ts';

/**
 * The data keys that the variables name, or else those of the system that npm start runs; undefined: nothing is
 * encrypted.
 */
export function openKeys(
  env: NodeJS.ProcessEnv = process.env,
): { readonly keys: DataKeys; readonly close: () => Promise<void> } | undefined {
  const { keys, together } = loadKeysConfig({ ...runningSystem(env), ...env });
  if (keys === null) return undefined;
  const store = openKeyStore(keys.storeUrl, createLogger('keys', 'silent'));
  const masters = openMasterKeys(keys.masterKeys);
  const close = async (): Promise<void> => {
    masters.close?.();
    await store.close();
  };
  return { keys: new DataKeys(store, masters, { together }), close };
}
