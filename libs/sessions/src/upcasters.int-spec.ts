import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventData, JSONType } from '@eventstore/db-client';
import type { SessionCommand } from '#domain';
import { EventCodec } from './codec.ts';
import { CommandExecutor } from './command-executor.ts';
import { UnprojectableEventError } from './errors.ts';
import { readPartner } from './partner-memory.ts';
import { EventStore } from './store.ts';
import { readEvents, readRawEvents, readSession, sessionStream } from './streams.ts';
import type { Delivery } from './delivery.ts';
import { subscribeToSessions } from './subscription.ts';
import { assignSession, endSession, noCache, raiseFlag, request, startSession } from './test-support.ts';
import type { EventFields } from './upcasters.ts';

const noMemory = { preferences: {}, open_goals: [] };

/** Code in which three types have changed: their version 1 had other names, and GoalSet had no step before version 2. */
const codec = new EventCodec({
  SessionStarted: [({ lang, ...data }: EventFields) => ({ ...data, language: lang })],
  GoalSet: [
    ({ name, ...data }: EventFields) => ({ ...data, goal: name }),
    (data: EventFields) => ({ ...data, step: null }),
  ],
  PartnerRemembered: [
    ({ lang, ...data }: EventFields) => ({ ...data, memory: { ...noMemory, language: lang } }),
  ],
});
const url = process.env['EVENTSTORE_URL'] ?? '';
const store = new EventStore(url, codec);
const olderCode = new EventStore(url);
afterAll(() => Promise.all([store.dispose(), olderCode.dispose()]));

let sessionId: string;
let partner_id: string;
beforeEach(() => {
  sessionId = randomUUID();
  partner_id = randomUUID();
});

/** An event as stored by a program of another version. */
function raw(type: string, data: object | null, schema_version: unknown = 1): EventData {
  const metadata = {
    schema_version,
    occurred_at: '2026-01-05T09:00:00.000Z',
    actor: { role: 'agent', id: 'spec' },
    $correlationId: 'spec',
  } as JSONType;
  return { contentType: 'application/json', id: randomUUID(), type, data: data as JSONType, metadata };
}

async function append(stream: string, ...events: EventData[]): Promise<void> {
  expect(await olderCode.append(stream, events, -1)).toMatchObject({ appended: true });
}

const started = (): object => ({
  session_id: sessionId,
  partner_id,
  channel: 'whatsapp',
  region: null,
  name: null,
  device: null,
  expires_in_s: 3_600,
  preferences: {},
  open_goals: [],
  previous_session_id: null,
});
const startedOld = (): EventData => raw('SessionStarted', { ...started(), lang: 'hi' });
const startedNew = (): EventData => raw('SessionStarted', { ...started(), language: 'hi' }, 2);

describe('events of older versions', () => {
  test('fold to the state that current ones give', async () => {
    await append(
      sessionStream(sessionId),
      startedOld(),
      raw('GoalSet', { name: 'pay' }),
      raw('GoalSuspended', { goal: 'pay' }),
      raw('GoalSet', { goal: 'order' }, 2),
      raw('GoalSuspended', { goal: 'order' }),
      raw('GoalSet', { goal: 'greet', step: 'name' }, 3),
    );
    const session = await readSession(store, sessionId);
    expect(session?.state.short_term_memory.preferred_language).toBe('hi');
    expect(session?.state.goal_state).toMatchObject({
      current_goal: 'greet',
      step: 'name',
      stack: [
        { goal: 'pay', step: null },
        { goal: 'order', step: null },
      ],
    });
  });

  test('are read with the current version in their metadata', async () => {
    await append(sessionStream(sessionId), startedOld(), raw('GoalSet', { name: 'pay' }));
    const events = await Array.fromAsync(readEvents(store, sessionId));
    expect(events.map(({ metadata }) => metadata.schema_version)).toEqual([2, 3]);
  });

  test('are replayed as they were written', async () => {
    await append(sessionStream(sessionId), raw('GoalSet', { name: 'pay' }));
    const events = await Array.fromAsync(readRawEvents(store, sessionId));
    expect(events).toMatchObject([
      { type: 'GoalSet', data: { name: 'pay' }, metadata: { schema_version: 1 } },
    ]);
  });

  test('in a partner’s stream fold into the partner’s memory', async () => {
    const data = { partner_id, last_session_id: sessionId, sessions: [], lang: 'ta' };
    await append(`partner-${partner_id}`, raw('PartnerRemembered', data));
    const { state } = await readPartner(store, partner_id);
    expect(state).toEqual({
      last_session_id: sessionId,
      sessions: [],
      memory: { ...noMemory, language: 'ta' },
    });
  });

  test('make the memory of a partner’s last session one that lists it', async () => {
    const goal = { goal: 'pay', step: null };
    const memory = { language: 'hi', preferences: { a: 1 } };
    const data = { partner_id, session_id: sessionId, start_time: 't', ...memory, open_goals: [goal] };
    await append(`partner-${partner_id}`, raw('PartnerRemembered', data));
    const { state } = await readPartner(olderCode, partner_id);
    expect(state).toMatchObject({
      last_session_id: sessionId,
      memory: { ...memory, open_goals: [{ ...goal, worked_at: 't' }] },
      sessions: [{ session_id: sessionId, over: false }],
    });
  });
});

test('new events are stored with the current version of their type', async () => {
  const commands: SessionCommand[] = [
    { ...startSession, partner_id },
    { type: 'SetGoal', goal: 'pay', step: null },
    raiseFlag('vip'),
  ];
  const executor = new CommandExecutor(store, noCache);
  await assignSession(store, partner_id, sessionId);
  await executor.execute(request(sessionId, startSession, { commands }));
  await executor.execute(request(sessionId, endSession));
  const events = await Array.fromAsync(readRawEvents(store, sessionId));
  expect(events.map(({ metadata }) => metadata['schema_version'])).toEqual([2, 3, 1, 1]);
  expect((await store.readLast(`partner-${partner_id}`))?.metadata).toMatchObject({ schema_version: 2 });
});

/** The error that reading a session ends with. */
async function failureOf(reading: Promise<unknown>): Promise<unknown> {
  return reading.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('an event that cannot be folded', () => {
  test('of a newer version than the code knows fails the fold, with its place', async () => {
    const newer = startedNew();
    await append(sessionStream(sessionId), newer);
    const error = await failureOf(readSession(olderCode, sessionId));
    expect(error).toBeInstanceOf(UnprojectableEventError);
    expect(error).toMatchObject({
      code: 'unprojectable_event',
      session_id: sessionId,
      revision: 0,
      event_id: newer.id,
      type: 'SessionStarted',
      reason: 'newer_schema_version',
    });
  });

  test('of a newer version fails the reading of a partner’s memory', async () => {
    await append(`partner-${partner_id}`, raw('PartnerRemembered', {}, 3));
    const error = await failureOf(readPartner(olderCode, partner_id));
    expect(error).toMatchObject({ session_id: null, reason: 'newer_schema_version' });
  });

  test.each([
    ['another program’s memory', 'PartnerRemembered', { session_id: 1 }],
    ['an event of another type', 'SomethingElse', {}],
  ])('%s in a partner’s stream is malformed', async (_, type, data) => {
    await append(`partner-${partner_id}`, raw(type, data));
    const error = await failureOf(readPartner(olderCode, partner_id));
    expect(error).toMatchObject({ reason: 'malformed_event' });
  });

  test.each([
    ['without data', raw('GoalSet', null)],
    ['with a list as data', raw('GoalSet', [])],
    ['that evolve cannot use', raw('InquiryOpened', { sources: 'all' })],
    ['with a version that is no number', raw('GoalSet', { goal: 'pay', step: null }, 'one')],
    ['with version 0', raw('GoalSet', { goal: 'pay', step: null }, 0)],
    ['with metadata that is no JSON', { ...raw('GoalSet', { goal: 'pay' }), metadata: Uint8Array.of(123) }],
    ['with bytes as data', { ...raw('GoalSet', {}), contentType: 'application/octet-stream' as const }],
  ])('%s is malformed', async (_, event) => {
    const stored = event.contentType === 'application/json' ? event : { ...event, data: Buffer.from('{}') };
    await append(sessionStream(sessionId), stored);
    const error = await failureOf(readSession(store, sessionId));
    expect(error).toMatchObject({ session_id: sessionId, revision: 0, reason: 'malformed_event' });
  });

  test('whose upcaster throws is malformed', async () => {
    const strict = new EventStore(url, new EventCodec({ GoalSet: [() => expectNever()] }));
    await append(sessionStream(sessionId), raw('GoalSet', { goal: 'pay' }));
    const error = await failureOf(readSession(strict, sessionId));
    await strict.dispose();
    expect(error).toMatchObject({ reason: 'malformed_event', cause: new Error('no such data') });
  });

  test('is replayed as it was written', async () => {
    await append(sessionStream(sessionId), raw('GoalSet', null), startedNew());
    const events = await Array.fromAsync(readRawEvents(olderCode, sessionId));
    expect(events).toMatchObject([
      { data: null },
      { data: { language: 'hi' }, metadata: { schema_version: 2 } },
    ]);
  });

  test('refuses commands for its session', async () => {
    await append(sessionStream(sessionId), startedNew());
    const executor = new CommandExecutor(olderCode, noCache);
    const error = await failureOf(executor.execute(request(sessionId, endSession)));
    expect(error).toBeInstanceOf(UnprojectableEventError);
  });

  test('is delivered in its place, and the events of other sessions follow', async () => {
    const other = randomUUID();
    const newer = startedNew();
    await append(sessionStream(sessionId), newer, raw('GoalSet', { goal: 'pay', step: null }));
    await append(sessionStream(other), raw('GoalSet', { goal: 'order', step: null }));
    const prefixes = [sessionStream(sessionId), sessionStream(other)];
    const [first, second, third] = await take(3, prefixes);
    expect(first).toEqual({
      kind: 'unprojectable',
      session_id: sessionId,
      revision: 0,
      event_id: newer.id,
      type: 'SessionStarted',
      reason: 'newer_schema_version',
      position: expect.any(BigInt),
    });
    expect(second).toMatchObject({ kind: 'event', session_id: sessionId, event: { revision: 1 } });
    expect(third).toMatchObject({ kind: 'event', session_id: other });
  });
});

test('an event of an unknown type is passed on whatever its version', async () => {
  await append(sessionStream(sessionId), startedOld(), raw('SomethingNew', { a: 1 }, 7));
  expect(await readSession(store, sessionId)).toMatchObject({ revision: 1 });
});

test('an event without metadata is at version 1', async () => {
  const { metadata: _metadata, ...bare } = startedOld();
  await append(sessionStream(sessionId), bare as EventData);
  const session = await readSession(store, sessionId);
  expect(session?.state.short_term_memory.preferred_language).toBe('hi');
});

function expectNever(): EventFields {
  throw new Error('no such data');
}

/** The first events that a subscription of older code delivers. */
async function take(count: number, prefixes: string[]): Promise<Delivery[]> {
  const abort = new AbortController();
  const found: Delivery[] = [];
  const options = { prefixes, after: 'start', signal: abort.signal } as const;
  for await (const delivery of subscribeToSessions(olderCode, options)) {
    if (delivery.kind === 'event' || delivery.kind === 'unprojectable') found.push(delivery);
    if (found.length === count) break;
  }
  abort.abort();
  return found;
}
