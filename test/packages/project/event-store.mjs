import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { startEventStore, StoreOpenError } from '@turnstream/embedded-eventstore';

const [dir] = process.argv.slice(2);
const store = await startEventStore({ dir });
await assert.rejects(startEventStore({ dir }), StoreOpenError);
const client = EventStoreDBClient.connectionString(store.connectionString);
await client.appendToStream('letters', jsonEvent({ type: 'Sent', data: { text: 'a' } }));
const events = [];
for await (const { event } of client.readStream('letters')) events.push(event.data);
assert.deepEqual(events, [{ text: 'a' }]);
await client.dispose();
await store.stop();
assert.equal(
  createRequire(import.meta.url)('@turnstream/embedded-eventstore').StoreOpenError,
  StoreOpenError,
);
