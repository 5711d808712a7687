import { jest } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import type { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  EventStoreDBClient,
  jsonEvent,
  type AllStreamResolvedEvent,
  type Credentials,
  type AllStreamSubscription,
  type JSONEventType,
  type PersistentSubscriptionToAll,
  type PersistentSubscriptionToStream,
  type ResolvedEvent,
  type StreamSubscription,
} from '@eventstore/db-client';
import { Metadata } from '@grpc/grpc-js';
import { startEventStore } from '../index.ts';

/** A busy machine is slow, and a real server takes its time. */
jest.setTimeout(30_000);

export interface TestStore {
  readonly url: string;
  readonly client: EventStoreDBClient;
  stop(): Promise<void>;
}

/** The server named by EVENTSTORE_URL, or an event store of our own that ends with the tests. */
export const openTestStore = async (): Promise<TestStore> => {
  const url = process.env['EVENTSTORE_URL'];
  return url ? connect(url, () => Promise.resolve()) : openOwnStore('insecure');
};

/** In secure mode; EVENTSTORE_SECURE_URL names a real server that has admin and ops with the password changeit. */
export const openSecureStore = async (): Promise<TestStore> => {
  const url = process.env['EVENTSTORE_SECURE_URL'];
  const store = url ? connect(url, () => Promise.resolve()) : await openOwnStore('secure');
  sendCredentials(store.client);
  return store;
};

const openOwnStore = async (mode: 'secure' | 'insecure'): Promise<TestStore> => {
  const dir = await mkdtemp(join(tmpdir(), 'event-store-'));
  const store = await startEventStore({ dir, mode });
  return connect(store.connectionString, async () => {
    await store.stop();
    await rm(dir, { recursive: true, force: true });
  });
};

/** Over plain HTTP/2 the client drops credentials; here it sends them. */
export const sendCredentials = (client: EventStoreDBClient): void => {
  Object.assign(client, {
    createCredentialsMetadataGenerator:
      ({ username, password }: Credentials) =>
      (_options: unknown, callback: (error: null, metadata: Metadata) => void): void => {
        const metadata = new Metadata();
        metadata.add('authorization', `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
        callback(null, metadata);
      },
  });
};

const connect = (url: string, end: () => Promise<void>): TestStore => {
  const client = EventStoreDBClient.connectionString(url);
  return {
    url,
    client,
    stop: async () => {
      await client.dispose();
      await end();
    },
  };
};

/** A name that no earlier run has used. */
export const newStream = (prefix = 'test'): string => `${prefix}-${crypto.randomUUID()}`;

export const event = (n = 0, type = 'Tested', id: string = crypto.randomUUID()) =>
  jsonEvent<JSONEventType<string, { n: number }>>({ id, type, data: { n } });

export const events = (count: number, type?: string) =>
  Array.from({ length: count }, (_, n) => event(n, type));

/** Reads everything into an array. */
export const collect = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
};

export const revisionsOf = (resolved: readonly ResolvedEvent[]): number[] =>
  resolved.map((item) => Number((item.link ?? item.event)?.revision));

export const numbersOf = (resolved: readonly (ResolvedEvent | AllStreamResolvedEvent)[]): number[] =>
  resolved.map(({ event: found }) => {
    if (!found) throw new Error('The event is missing');
    return (found.data as { n: number }).n;
  });

/** Resolves once `condition` holds; fails with `what` after some seconds. */
export const eventually = async (
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> => {
  for (let i = 0; i < 400; i++) {
    if (await condition()) return;
    await pause(25);
  }
  throw new Error(`Never happened: ${what}`);
};

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, milliseconds));

/** Notes, in order, everything that a subscription says. */
export class Recorder<E extends ResolvedEvent = ResolvedEvent> {
  readonly log: string[] = [];
  readonly events: E[] = [];
  readonly checkpoints: bigint[] = [];
  error: (Error & { type?: string }) | undefined;

  follow(
    subscription:
      | StreamSubscription
      | AllStreamSubscription
      | PersistentSubscriptionToAll
      | PersistentSubscriptionToStream,
  ): this {
    // The client's own type of `on` has an overload an event; a plain emitter is what it is.
    const emitter = subscription as unknown as EventEmitter;
    emitter.on('confirmation', () => this.log.push('confirmation'));
    emitter.on('caughtUp', () => this.log.push('caughtUp'));
    emitter.on('data', (resolved: E) => {
      this.log.push('event');
      this.events.push(resolved);
    });
    emitter.on('error', (error: Error) => {
      this.log.push('error');
      this.error = error;
    });
    return this;
  }

  /** For a filter's `checkpointReached`. */
  readonly checkpointReached = (_subscription: unknown, position: { commit: bigint }): Promise<void> => {
    this.log.push('checkpoint');
    this.checkpoints.push(position.commit);
    return Promise.resolve();
  };

  count(what: string): number {
    return this.log.filter((entry) => entry === what).length;
  }

  until(what: string, count = 1): Promise<void> {
    return eventually(`${count} x ${what} (${this.log.join(' ')})`, () => this.count(what) >= count);
  }
}
