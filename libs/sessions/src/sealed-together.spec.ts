import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '#domain';
import { newSession } from '#domain';
import { MemoryKeyStore, testDataKeys } from '../../privacy/src/keys/test-keys.ts';
import type { StoredEvent } from './client/page.ts';
import { EventCodec } from './codec.ts';
import { UnprojectableEventError } from './errors.ts';
import { openingOnly } from './event-metadata.ts';
import { foldEvent } from './streams.ts';
import {
  canary,
  personalEvents,
  personalMetadata as metadata,
  personalPartnerId as partner_id,
  personalStream as stream,
  personalTypes as types,
} from './testing/personal-events.ts';

const turn = personalEvents.TurnRecorded;

const store = new MemoryKeyStore();
const together = new EventCodec(undefined, testDataKeys(store, true));
/** A process that seals each field apart. */
const apart = new EventCodec(undefined, testDataKeys(store));

async function stored(
  type: string,
  data: object,
  { codec = together, partner = partner_id, id: event_id = 'e-1' } = {},
): Promise<StoredEvent> {
  const sealing = { stream, key: await codec.keyOf(partner) };
  const { id, ...event } = codec.encode({ event_id, type, data, metadata }, sealing);
  return { ...event, id, streamId: stream, revision: 0n, created: new Date() } as unknown as StoredEvent;
}

function dataOf({ data }: StoredEvent): JsonObject {
  return data as unknown as JsonObject;
}

function sealedOf({ metadata: written }: StoredEvent): readonly string[] {
  return (written as unknown as { sealed: readonly string[] }).sealed;
}

/** The event with other data and metadata. */
function changed(event: StoredEvent, data: object, more: object = {}): StoredEvent {
  const own = { data: { ...dataOf(event), ...data }, metadata: { ...(event.metadata as object), ...more } };
  return { ...event, ...own } as unknown as StoredEvent;
}

async function reasonOf(event: StoredEvent): Promise<unknown> {
  try {
    await apart.decode(event);
    return undefined;
  } catch (error) {
    return error instanceof UnprojectableEventError ? error.reason : error;
  }
}

describe.each(types)('%s', (type) => {
  test('is stored without personal data, and read as it was written by any process', async () => {
    const data = personalEvents[type];
    const event = await stored(type, data);
    expect(JSON.stringify([event.data, event.metadata])).not.toContain(canary);
    for (const one of [together, apart]) {
      expect(await one.decode(event)).toMatchObject({ type, data });
      expect((await one.raw(event)).data).toEqual(data);
    }
  });
});

test('several fields are one sealed value, in the first of them', async () => {
  const event = await stored('TurnRecorded', turn);
  const [first = '', ...others] = sealedOf(event);
  expect(others.length).toBeGreaterThan(0);
  expect(dataOf(event)[first]).toMatch(/^A256GCM\.[0-9a-f-]{36}\.[tnblo]{2,}\./);
  expect(others.map((field) => dataOf(event)[field])).toEqual(others.map(() => ''));
  expect(Object.keys(dataOf(event))).toEqual(Object.keys(turn));
});

test('one field is sealed as before, so that every release reads it', async () => {
  const event = await stored('FlagRaised', personalEvents.FlagRaised);
  expect(sealedOf(event)).toEqual(['value']);
  expect(dataOf(event)['value']).toMatch(/^A256GCM\.[0-9a-f-]{36}\.[tnblo]\./);
});

test('a session whose partner was erased still folds, with nothing personal', async () => {
  const partner = 'erased-partner';
  const all = {
    ...personalEvents,
    SessionStarted: { ...personalEvents.SessionStarted, partner_id: partner },
  };
  const events = await Promise.all(types.map((type) => stored(type, all[type], { partner })));
  await store.destroy(partner, '2100-01-01T00:00:00.000Z');
  const late = new EventCodec(undefined, testDataKeys(store));
  let session = newSession(stream.slice('session-'.length));
  for (const [revision, event] of events.entries()) {
    const decoded = await late.decode({ ...event, revision: BigInt(revision) });
    session = foldEvent(session, decoded);
  }
  expect(session.revision).toBe(types.length - 1);
  expect(JSON.stringify(session)).not.toContain(canary);
  expect(session.state.recent_turns).toMatchObject([{ message_text: '[erased]', parsed_intent: 'ask' }]);
});

test('a reader that needs one of the fields gets it, one that needs none opens nothing', async () => {
  const event = await stored('TurnRecorded', turn);
  const needing = openingOnly(event, (field) => field === 'extracted_entities');
  expect((await apart.decode(needing)).data).toMatchObject({ extracted_entities: turn.extracted_entities });
  const other = new EventCodec(undefined, testDataKeys());
  const { data } = await other.decode(openingOnly(event, () => false));
  expect(JSON.stringify(data)).not.toContain(canary);
});

describe('fails closed:', () => {
  test.each([
    ['event', { id: 'e-2' }],
    ['stream', { streamId: 'session-1b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10' }],
  ])('the sealed values copied to another %s', async (_, other) => {
    const event = await stored('TurnRecorded', turn);
    expect(await reasonOf({ ...event, ...other })).toBe('broken_seal');
  });

  test('values that are declared in another order, as other fields, or as fewer', async () => {
    const event = await stored('TurnRecorded', turn);
    const [first = '', ...others] = sealedOf(event);
    const text = dataOf(event)[first];
    const [second = '', ...rest] = others;
    const lists = [
      [first, ...others.toReversed()],
      [second, first, ...rest],
      [first, ...others.slice(1)],
      [first, ...others.slice(1), 'bot_action'],
      [first],
      [first, ...others, first],
    ];
    for (const sealed of lists) {
      const moved = { [first]: '', [String(sealed[0])]: text };
      expect(await reasonOf(changed(event, { ...moved, bot_action: '' }, { sealed }))).toBe('broken_seal');
    }
  });

  test('a plain or missing value beside the sealed ones', async () => {
    const event = await stored('TurnRecorded', turn);
    const last = sealedOf(event).at(-1) ?? '';
    expect(await reasonOf(changed(event, { [last]: 'plain' }))).toBe('broken_seal');
    const { [last]: _, ...without } = dataOf(event);
    expect(await reasonOf({ ...event, data: without } as unknown as StoredEvent)).toBe('broken_seal');
  });

  test('a value that was sealed alone, among values that are sealed as one, and the other way round', async () => {
    const event = await stored('TurnRecorded', turn);
    const alone = await stored('TurnRecorded', turn, { codec: apart });
    const [first = ''] = sealedOf(event);
    expect(await reasonOf(changed(event, { [first]: dataOf(alone)[first] }))).toBe('broken_seal');
    expect(await reasonOf(changed(alone, { [first]: dataOf(event)[first] }))).toBe('broken_seal');
  });

  test('an event that claims another partner', async () => {
    const event = await stored('TurnRecorded', turn);
    expect(await reasonOf(changed(event, {}, { partner_id: 'P1' }))).toBe('broken_seal');
    const other = await stored('TurnRecorded', turn, { partner: 'P1' });
    expect(await reasonOf(changed(other, {}, { partner_id }))).toBe('broken_seal');
  });
});
