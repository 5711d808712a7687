import { createLogger } from '#platform';
import { DataKeys, loadKeysConfig, openKeyStore, openMasterKeys } from '#privacy';
import { EventCodec, EventStore } from '#sessions';

export interface OpenStore {
  readonly store: EventStore;
  readonly close: () => Promise<void>;
}

/** A client of the event store, with the keys that the environment names, if any. */
export function openStore(env: NodeJS.ProcessEnv): OpenStore {
  const url = env['EVENTSTORE_URL'] ?? '';
  const { keys } = loadKeysConfig(env);
  if (keys === null) {
    const store = new EventStore(url);
    return { store, close: () => store.dispose() };
  }
  const keyStore = openKeyStore(keys.storeUrl, createLogger('scenario', 'silent'));
  const codec = new EventCodec(undefined, new DataKeys(keyStore, openMasterKeys(keys.masterKeys)));
  const store = new EventStore(url, codec);
  return {
    store,
    close: async () => {
      await store.dispose();
      await keyStore.close();
    },
  };
}
