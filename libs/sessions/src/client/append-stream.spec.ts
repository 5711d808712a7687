import { EventStoreDBClient } from '@eventstore/db-client';
import { expect, test } from '@jest/globals';
import { AppendStream } from './append-stream.ts';
import { catchFailedReactions } from './hidden.ts';

test('an append on a call that cannot be opened fails at once, and so does a later one', async () => {
  const nowhere = 'esdb://127.0.0.1:1,127.0.0.1:2?tls=false&maxDiscoverAttempts=1&discoveryInterval=1';
  const client = EventStoreDBClient.connectionString(nowhere);
  catchFailedReactions(client);
  const call = new AppendStream(client, () => undefined);
  // Far beyond the limit of a test: the failure of the call ends it.
  const append = (): Promise<unknown> => call.append('a', [], -1, 3_600_000);
  await expect(append()).rejects.toThrow('Failed to discover');
  expect(call.ended).toBe(true);
  await expect(append()).rejects.toThrow('Failed to discover');
});
