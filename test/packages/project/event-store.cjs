const assert = require('node:assert/strict');
const { EventStoreDBClient, jsonEvent } = require('@eventstore/db-client');
const { startEventStore } = require('@turnstream/embedded-eventstore');

async function main() {
  const store = await startEventStore({ dir: process.argv[2] });
  const client = EventStoreDBClient.connectionString(store.connectionString);
  await client.appendToStream('letters', jsonEvent({ type: 'Sent', data: { text: 'a' } }));
  const events = [];
  for await (const { event } of client.readStream('letters')) events.push(event.data);
  assert.deepEqual(events, [{ text: 'a' }]);
  await client.dispose();
  await store.stop();
}

void main();
