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

/** A limit that only a fault reaches, in milliseconds. */
const WAIT_LIMIT_MS = 180_000;
const POLL_MS = 25;

export interface TestStore {
  readonly url: string;
  readonly client: EventStoreDBClient;
  stop(): Promise<void>;
}

/** Tests of guarantees that only our own store gives say so in their title, and are skipped for another server. */
export const isOwnStore = !process.env['CONTRACT_EVENTSTORE_URL'];

/** The server at CONTRACT_EVENTSTORE_URL, which must be unused otherwise, or an event store for these tests alone. */
export const openTestStore = async (): Promise<TestStore> => {
  const url = process.env['CONTRACT_EVENTSTORE_URL'];
  return url ? connect(url, () => Promise.resolve()) : startTestStore('insecure');
};

/** The secure server at EVENTSTORE_SECURE_URL (admin and ops have the password changeit), or one for the tests. */
export const openSecureStore = async (): Promise<TestStore> => {
  const url = process.env['EVENTSTORE_SECURE_URL'];
  const store = url ? connect(url, () => Promise.resolve()) : await startTestStore('secure');
  sendCredentials(store.client);
  return store;
};

const startTestStore = async (mode: 'secure' | 'insecure'): Promise<TestStore> => {
  const dir = await mkdtemp(join(tmpdir(), 'event-store-'));
  const likeAServer = process.env['TURNSTREAM_EVENT_STORE'] === 'like-a-server';
  const store = await startEventStore({ dir, mode, likeAServer });
  return connect(store.connectionString, async () => {
    await store.stop();
    await rm(dir, { recursive: true, force: true });
  });
};

/** Makes the client send credentials over plain HTTP/2, where it drops them. */
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

/** A unique stream name. */
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

/** Resolves once `condition` holds. */
export const waitUntil = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
  const giveUpAt = performance.now() + WAIT_LIMIT_MS;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`Timed out waiting for ${what}`);
    await pause(POLL_MS);
  }
};

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, milliseconds));

/** Records everything that a subscription emits, in order. */
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
    // The client's type of `on` has an overload per event; it is a plain emitter.
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
    return waitUntil(`${count} x ${what} (${this.log.join(' ')})`, () => this.count(what) >= count);
  }
}
