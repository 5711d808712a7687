import { startEventStore } from '@turnstream/embedded-eventstore';
import { EventCodec, EventStore } from '#sessions';
import { testDataKeys } from '../../../libs/privacy/src/keys/test-keys.ts';

/** Runs the store of a folder while `work` runs. */
export async function withStore<T>(dir: string, work: (store: EventStore) => Promise<T>): Promise<T> {
  const embedded = await startEventStore({ dir });
  const store = new EventStore(embedded.connectionString, new EventCodec(undefined, testDataKeys()));
  try {
    return await work(store);
  } finally {
    await store.dispose();
    await embedded.stop();
  }
}
