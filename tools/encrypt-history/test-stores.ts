import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { startEventStore } from '@turnstream/embedded-eventstore';
import { EventCodec, EventStore } from '#sessions';
import { testDataKeys } from '../../libs/privacy/src/keys/test-keys.ts';
import type { Stores } from './copy.ts';

interface TestStores {
  readonly stores: Stores;
  /** Writes to the old store without encryption. */
  readonly plain: EventStore;
  readonly stop: () => Promise<void>;
}

/** For specs: an old store and a new one, both empty. */
export async function startStores(): Promise<TestStores> {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-history-'));
  const keys = testDataKeys();
  const embedded = await Promise.all(['from', 'to'].map((name) => startEventStore({ dir: join(dir, name) })));
  const [from, to] = embedded.map(({ connectionString }) => connectionString) as [string, string];
  const stores = {
    from: new EventStore(from, new EventCodec(undefined, keys)),
    to: new EventStore(to, new EventCodec(undefined, keys)),
    reader: EventStoreDBClient.connectionString(from),
    writer: EventStoreDBClient.connectionString(to),
    keys,
    signer: undefined,
  };
  const plain = new EventStore(from);
  const stop = async (): Promise<void> => {
    const clients = [stores.from, stores.to, stores.reader, stores.writer, plain];
    await Promise.all(clients.map((one) => one.dispose()));
    await Promise.all(embedded.map((one) => one.stop()));
    rmSync(dir, { recursive: true });
  };
  return { stores, plain, stop };
}

/** The place of each event of a stream. */
export async function places(store: EventStore, stream: string): Promise<unknown[]> {
  const events = await Array.fromAsync(store.read(stream));
  return events.map((event) => [event.id, event.type, Number(event.revision)]);
}
