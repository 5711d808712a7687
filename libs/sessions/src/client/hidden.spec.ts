import { EventStoreDBClient, UnavailableError } from '@eventstore/db-client';
import { credentials } from '@grpc/grpc-js';
import { Subchannel } from '@grpc/grpc-js/build/src/subchannel.js';
import { afterEach, expect, jest, test } from '@jest/globals';
import { catchFailedReactions } from './hidden.ts';

afterEach(() => {
  jest.useRealTimers();
});

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

test.each([
  ['after', 1],
  ['together with', 0],
])('a connection that is closed %s the demand to reconnect does not reconnect', async (_, passesMs) => {
  jest.useFakeTimers();
  const connect = jest.fn(() => Promise.reject(new Error('refused')));
  const connector = { connect, shutdown: () => undefined };
  const target = { path: '127.0.0.1:1' };
  const address = { host: '127.0.0.1', port: 1 };
  const connection = new Subchannel(target, address, {}, credentials.createInsecure(), connector);
  connection.ref();
  connection.startConnecting();
  await jest.advanceTimersByTimeAsync(1);
  connection.startConnecting();
  if (passesMs > 0) await jest.advanceTimersByTimeAsync(passesMs);
  connection.unref();
  await jest.advanceTimersByTimeAsync(10_000);
  expect(connect).toHaveBeenCalledTimes(1);
});
