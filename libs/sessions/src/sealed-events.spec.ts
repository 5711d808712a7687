import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '#domain';
import { newPartner, newSession } from '#domain';
import { MemoryKeyStore, testDataKeys } from '../../privacy/src/keys/test-keys.ts';
import { KeyStoreUnavailableError } from '#privacy';
import { anyText } from '../../platform/src/testing/any-text.ts';
import type { StoredEvent } from './client/page.ts';
import { EventCodec } from './codec.ts';
import { UnprojectableEventError } from './errors.ts';
import { foldEvent } from './streams.ts';
import {
  canary,
  personalEvents,
  personalPartner,
  personalMetadata as metadata,
  personalPartnerId as partner_id,
  personalStream as stream,
  personalTypes as types,
} from './testing/personal-events.ts';

class FailingKeyStore extends MemoryKeyStore {
  fails = false;

  override async byId(keyId: string) {
    if (this.fails) throw new KeyStoreUnavailableError();
    return super.byId(keyId);
  }
}

const store = new FailingKeyStore();
const codec = new EventCodec(undefined, testDataKeys(store));
/** As another process: its keys are not in memory. */
const another = (): EventCodec => new EventCodec(undefined, testDataKeys(store));

async function stored(
  type: string,
  data: object,
  more: Partial<StoredEvent> = {},
  partner = partner_id,
): Promise<StoredEvent> {
  const streamId = more.streamId ?? stream;
  const sealing = { stream: streamId, key: await codec.keyOf(partner) };
  const { id, ...event } = codec.encode(
    {
      event_id: 'e-1',
      type,
      data,
      metadata: { ...metadata, schema_version: codec.versionOf(type) },
    },
    sealing,
  );
  const read = { ...event, id, streamId, revision: 0n, created: new Date(), isJson: true };
  return { ...read, ...more } as unknown as StoredEvent;
}

function sealedData(event: StoredEvent): JsonObject {
  return event.data as unknown as JsonObject;
}

describe.each(types)('%s', (type) => {
  test('is stored without personal data, and read as it was written', async () => {
    const event = await stored(type, personalEvents[type]);
    expect(
      JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? 0 : value)),
    ).not.toContain(canary);
    for (const one of [codec, another()]) {
      expect(await one.decode(event)).toMatchObject({ type, data: personalEvents[type] });
      expect((await one.raw(event)).data).toEqual(personalEvents[type]);
    }
  });
});

test('a session whose partner was erased still folds, with nothing personal', async () => {
  const erasedId = 'erased-partner';
  const started = { ...personalEvents.SessionStarted, partner_id: erasedId };
  const all = { ...personalEvents, SessionStarted: started };
  const events = await Promise.all(types.map((type) => stored(type, all[type], {}, erasedId)));
  await store.destroy(erasedId, '2100-01-01T00:00:00.000Z');
  let session = newSession(stream.slice('session-'.length));
  for (const [revision, event] of events.entries()) {
    const decoded = await another().decode({ ...event, revision: BigInt(revision) });
    session = foldEvent(session, decoded);
  }
  expect(session.revision).toBe(types.length - 1);
  expect(JSON.stringify(session)).not.toContain(canary);
  expect(session.state.recent_turns).toMatchObject([{ message_text: '[erased]', parsed_intent: 'ask' }]);
});

test('an erased partner starts again', async () => {
  const event = await stored(
    personalPartner.type,
    personalPartner.data,
    { streamId: 'partner-erased-2' },
    'erased-2',
  );
  await store.destroy('erased-2', '2100-01-01T00:00:00.000Z');
  const { data } = await another().decodePartner(event);
  expect(data).toMatchObject({ memory: newPartner.memory, sessions: [] });
});

test("a partner's event is stored without personal data, and read as it was written", async () => {
  const event = await stored(personalPartner.type, personalPartner.data, {
    streamId: `partner-${partner_id}`,
  });
  expect(JSON.stringify(event.data)).not.toContain(canary);
  expect(await another().decodePartner(event)).toEqual(personalPartner);
});

test('any texts and entities are read as they were', async () => {
  await fc.assert(
    fc.asyncProperty(anyText(), fc.dictionary(fc.string(), fc.jsonValue()), async (text, entities) => {
      const plain = JSON.parse(JSON.stringify(entities)) as JsonObject;
      const data = { ...personalEvents.TurnRecorded, message_text: text, extracted_entities: plain };
      expect((await codec.decode(await stored('TurnRecorded', data))).data).toEqual(data);
    }),
  );
});

test('an undeclared field is sealed', async () => {
  const event = await stored('FlagRaised', { flag: 'vip', value: 1, more: canary });
  expect(sealedData(event)).toMatchObject({ flag: 'vip', more: expect.not.stringContaining(canary) });
});

async function reasonOf(event: StoredEvent): Promise<unknown> {
  try {
    await another().decode(event);
    return undefined;
  } catch (error) {
    return error instanceof UnprojectableEventError ? error.reason : error;
  }
}

describe('fails closed:', () => {
  test.each<[string, Partial<StoredEvent>]>([
    ['event', { id: 'e-2' }],
    ['stream', { streamId: 'session-1b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10' }],
  ])('a sealed value copied to another %s', async (_, other) => {
    const event = await stored('TurnRecorded', personalEvents.TurnRecorded);
    expect(await reasonOf({ ...event, ...other } as StoredEvent)).toBe('broken_seal');
  });

  test('a sealed value copied to another field', async () => {
    const event = await stored('TurnRecorded', personalEvents.TurnRecorded);
    const data = { ...sealedData(event), message_id: sealedData(event)['message_text'] };
    expect(await reasonOf({ ...event, data } as unknown as StoredEvent)).toBe('broken_seal');
  });

  test('an event that claims another partner', async () => {
    const event = await stored('FlagRaised', personalEvents.FlagRaised);
    const other = { ...(event.metadata as object), partner_id: 'P1' };
    expect(await reasonOf({ ...event, metadata: other })).toBe('broken_seal');
  });

  test("an event sealed with another partner's key", async () => {
    const event = await stored('FlagRaised', personalEvents.FlagRaised, {}, 'P1');
    const other = { ...(event.metadata as object), partner_id };
    expect(await reasonOf({ ...event, metadata: other })).toBe('broken_seal');
  });

  test('a plain field that is declared sealed', async () => {
    const event = await stored('FlagRaised', personalEvents.FlagRaised);
    const data = { ...sealedData(event), value: 'plain' };
    expect(await reasonOf({ ...event, data } as unknown as StoredEvent)).toBe('broken_seal');
  });

  test('an unknown key', async () => {
    const event = await stored('FlagRaised', personalEvents.FlagRaised);
    await expect(new EventCodec(undefined, testDataKeys()).decode(event)).rejects.toMatchObject({
      reason: 'unknown_key',
    });
    expect(() => new EventCodec().decode(event)).toThrow('unknown_key');
  });

  test('an event to store without a key, although keys are configured', () => {
    const event = { event_id: 'e-1', type: 'FlagRaised', data: {}, metadata: {} };
    expect(() => codec.encode(event)).toThrow('no key');
  });
});

test('an event that cannot be opened is shown as it is stored', async () => {
  const event = await stored('FlagRaised', personalEvents.FlagRaised, { id: 'e-2' });
  expect((await another().raw(event)).data).toEqual(event.data);
});

test('a plain event is read with keys and without', async () => {
  const { id, ...event } = new EventCodec().encode({
    event_id: 'e-1',
    type: 'FlagRaised',
    data: personalEvents.FlagRaised,
    metadata,
  });
  const read = {
    ...event,
    id,
    streamId: stream,
    revision: 0n,
    created: new Date(),
  } as unknown as StoredEvent;
  for (const one of [codec, new EventCodec()])
    expect(await one.decode(read)).toMatchObject({ data: personalEvents.FlagRaised });
});

test('an unavailable key store does not make the event faulty', async () => {
  const event = await stored('FlagRaised', personalEvents.FlagRaised);
  store.fails = true;
  await expect(another().decode(event)).rejects.toThrow(KeyStoreUnavailableError);
  await expect(another().raw(event)).rejects.toThrow(KeyStoreUnavailableError);
  expect(await codec.decode(event)).toMatchObject({ data: personalEvents.FlagRaised });
  store.fails = false;
});
