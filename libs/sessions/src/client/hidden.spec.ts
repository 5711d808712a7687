import { EventStoreDBClient, UnavailableError } from '@eventstore/db-client';
import { expect, test } from '@jest/globals';
import { catchFailedReactions } from './hidden.ts';

/** The client's background reaction to a failed call. */
interface Internals {
  readonly getChannel: () => Promise<unknown>;
  readonly handleError: (client: { getChannel(): unknown }, error: Error) => Promise<void>;
}

test('the reaction to a failed call does not fail while no node of the cluster is found', async () => {
  const nowhere = 'esdb://127.0.0.1:1,127.0.0.1:2?tls=false&maxDiscoverAttempts=1&discoveryInterval=1';
  const client = EventStoreDBClient.connectionString(nowhere);
  catchFailedReactions(client);
  const { getChannel, handleError } = client as unknown as Internals;
  const discovery = getChannel().catch(String);
  const failed = { getChannel: () => ({}) };
  const error = Object.assign(Object.create(UnavailableError.prototype) as Error, { message: 'gone' });
  await expect(handleError(failed, error)).resolves.toBeUndefined();
  expect(await discovery).toContain('Failed to discover');
});
