import { Readable } from 'node:stream';
import { afterAll, describe, expect, test } from '@jest/globals';
import { newSession } from '#domain';
import type { JsonObject } from '#domain';
import type { StoredEvent } from './client/page.ts';
import { deepestData, EventCodec } from './codec.ts';
import { CommandExecutor } from './command-executor.ts';
import { UnprojectableEventError } from './errors.ts';
import { EventStore } from './store.ts';
import { foldEvent, sessionOf } from './streams.ts';
import type { Delivery } from './delivery.ts';
import { subscribeToSessions } from './subscription.ts';

const codec = new EventCodec();

/** Lists in lists, nested as deep as JSON.parse can read. */
const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

function stored(fields: object): StoredEvent {
  const event = {
    streamId: 'session-1',
    type: 'FlagRaised',
    id: 'e',
    revision: 0,
    created: new Date(),
    isJson: true,
    data: { flag: 'x', value: true },
    metadata: undefined,
    position: { commit: 1n, prepare: 1n },
    ...fields,
  };
  return event as unknown as StoredEvent;
}

describe('decoding', () => {
  test.each([
    ['data in too many levels', { data: { flag: 'x', value: nested(deepestData) } }],
    ['data in 100,000 levels', { data: { flag: 'x', value: nested(100_000) } }],
    ['data that is no JSON', { data: new Uint8Array(1_000) }],
    ['a time that is none', { created: new Date(Number.NaN) }],
  ])('an event with %s is a fault of the event', (_, fields) => {
    expect(() => codec.decode(stored(fields))).toThrow(UnprojectableEventError);
  });

  test('accepts data with the deepest nesting allowed', async () => {
    const data = { flag: 'x', value: nested(deepestData - 1) };
    expect((await codec.decode(stored({ data }))).data).toEqual(data);
  });

  test.each([
    ['occurred_at', 5],
    ['command_id', ['x']],
    ['command_aliases', [5]],
    ['command_aliases', nested(100_000)],
    ['command_aliases', Array.from({ length: 9_000 }, String)],
    ['command_event', 'x'],
    ['$correlationId', {}],
    ['actor', { role: 1 }],
  ])('leaves out invalid metadata: %s', async (name, value) => {
    const metadata = { schema_version: 1, [name]: value, command_hash: 'v2.h' };
    const decoded = (await codec.decode(stored({ metadata }))).metadata;
    const { metadata: defaults } = await codec.decode(
      stored({ metadata: { schema_version: 1, command_hash: 'v2.h' } }),
    );
    expect({ ...decoded, occurred_at: '' }).toEqual({ ...defaults, occurred_at: '' });
  });
});

test('folding an event with ids of wrong types drops the ids', async () => {
  const metadata = { schema_version: 1, command_id: 'a', command_hash: 'v2.h', command_aliases: [5] };
  const { known } = foldEvent(newSession('1'), await codec.decode(stored({ metadata })));
  expect(known.list.map(({ ids }) => ids)).toEqual([['a']]);
});

test('a stream with an overlong name belongs to no session', () => {
  expect(sessionOf(`session-${'x'.repeat(256)}`)).toBe('x'.repeat(256));
  expect(sessionOf(`session-${'x'.repeat(257)}`)).toBeUndefined();
});

describe('a command in too many levels', () => {
  const store = new EventStore('esdb://127.0.0.1:1?tls=false');
  afterAll(() => store.dispose());

  test.each([deepestData, 100_000])('is refused before anything is read (%s)', async (levels) => {
    const executor = new CommandExecutor(store, {
      load: () => Promise.reject(new Error('read')),
      remember: () => undefined,
      forget: () => Promise.resolve(),
      findCommand: () => Promise.reject(new Error('read')),
    });
    const execution = executor.execute({
      sessionId: '1',
      commands: [{ type: 'EndSession' } as never],
      actor: { role: 'system', id: 'x' },
      commandIds: ['x'],
      body: { data: nested(levels) } as JsonObject,
    });
    await expect(execution).rejects.toMatchObject({ rejection: { code: 'data_too_deep' } });
  });
});

/** The part of the client's subscription that we use. */
class Store extends EventStore {
  readonly subscription = Object.assign(new Readable({ objectMode: true, read: () => undefined }), {
    unsubscribe: () => Promise.resolve(),
  });

  override connectionForSubscription() {
    const connection = super.connectionForSubscription();
    connection.client.subscribeToAll = () => this.subscription;
    return connection;
  }
}

test.each([
  ['an event of an unknown type in 100,000 levels', { type: 'New', data: nested(100_000) }, 'event'],
  [
    'an event of an unknown type with a megabyte of bytes',
    { type: 'New', data: new Uint8Array(1e6) },
    'event',
  ],
  ['an event in 100,000 levels', { data: { flag: nested(100_000) } }, 'unprojectable'],
  ['an event with metadata in 100,000 levels', { metadata: { a: nested(100_000) } }, 'event'],
  [
    'a deletion in 100,000 levels',
    { type: '$metadata', streamId: '$$session-1', data: nested(100_000) },
    'checkpoint',
  ],
])('a subscription continues after %s', async (_, fields, expected) => {
  const store = new Store('esdb://127.0.0.1:1?tls=false');
  const abort = new AbortController();
  const interruptions: unknown[] = [];
  const options = {
    prefixes: ['session-'],
    after: 'start',
    signal: abort.signal,
    onInterruption: (error: unknown) => void interruptions.push(error),
  } as const;
  store.subscription.push({ event: stored(fields) });
  store.subscription.push({ event: stored({}) });
  const kinds: Delivery['kind'][] = [];
  for await (const { kind } of subscribeToSessions(store, options)) {
    kinds.push(kind);
    if (kinds.length === 2) abort.abort();
  }
  await store.dispose();
  expect([kinds, interruptions]).toEqual([[expected, 'event'], []]);
});
