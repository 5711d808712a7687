import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { FoundCommand, JsonObject, RecordedEvent } from '#domain';
import { canonicalJson } from '#domain';
import { sleep } from '#platform';
import { CommandIdReusedError } from './errors.ts';
import type { SessionCachePort } from './session-cache-port.ts';
import { readSession, sessionStream } from './streams.ts';
import { endSession, noCache, raiseFlag, sessionOfEachTest, startSession } from './test-support.ts';

const testSession = sessionOfEachTest();
const { store, run, revisions } = testSession;

describe('the command id', () => {
  test('turns 200 concurrent identical requests into one event and one answer', async () => {
    await run(startSession);
    const requests = Array.from({ length: 200 }, () => run(raiseFlag('once'), { commandIds: ['key:1'] }));
    const results = await Promise.all(requests);
    expect(new Set(results.map((result) => `${result.revision} ${result.events[0]?.event_id}`)).size).toBe(1);
    expect(await revisions()).toEqual([0, 1]);
  });

  test('is recognised after other commands', async () => {
    await run(startSession, { commandIds: ['key:start'] });
    const first = await run(raiseFlag('a'), { commandIds: ['key:a'] });
    await run(raiseFlag('b'), { commandIds: ['key:b'] });
    const again = await run(raiseFlag('a'), { commandIds: ['key:a'] });
    expect(again).toMatchObject({ replayed: true, revision: 1, events: first.events });
  });

  test('with another body is refused', async () => {
    await run(startSession);
    const { events } = await run(raiseFlag('a'), { commandIds: ['key:a'] });
    const other = run(raiseFlag('c'), { commandIds: ['key:a'] });
    await expect(other).rejects.toBeInstanceOf(CommandIdReusedError);
    await expect(other).rejects.toMatchObject({ commandId: 'key:a', events });
    expect(await revisions()).toEqual([0, 1]);
  });

  test('repeated on an outdated cached session returns the session as in the stream', async () => {
    const { session: behind } = await run(startSession);
    const first = await run(raiseFlag('once'), { commandIds: ['key:1'] });
    await sleep(5);
    const cache = { ...noCache, load: async () => behind };
    const again = await run(raiseFlag('once'), { commandIds: ['key:1'], cache });
    expect(again).toMatchObject({ replayed: true, events: first.events });
    expect(again.session).toEqual(await readSession(store, testSession.id));
  });

  test('accepts one of two concurrent bodies', async () => {
    await run(startSession);
    const outcomes = await Promise.allSettled(
      ['a', 'b'].map((name) => run(raiseFlag(name), { commandIds: ['key:1'] })),
    );
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await revisions()).toEqual([0, 1]);
  });
});

describe('the id that an earlier version stored for a command', () => {
  const formerId = { id: 'reply:s/a/b', unless: 'reply:s%2Fa%2Fb' };
  const again = { commandIds: ['reply:s/a%2Fb/'], formerId };

  test('is recognised', async () => {
    await run(startSession);
    await run(raiseFlag('a'), { commandIds: [formerId.id] });
    expect(await run(raiseFlag('a'), again)).toMatchObject({ replayed: true, revision: 1 });
  });

  test('is that of another command when the content differs', async () => {
    await run(startSession);
    await run(raiseFlag('b'), { commandIds: [formerId.id] });
    expect(await run(raiseFlag('a'), again)).toMatchObject({ replayed: false, revision: 2 });
  });

  test('is that of another command when this version stored it', async () => {
    await run(startSession);
    await run(raiseFlag('a'), { commandIds: [formerId.id, formerId.unless] });
    await run(raiseFlag('b'));
    expect(await run(raiseFlag('a'), again)).toMatchObject({ replayed: false });
  });

  test('is optional', async () => {
    await run(startSession);
    await run(raiseFlag('a'), again);
    expect(await run(raiseFlag('a'), again)).toMatchObject({ replayed: true, revision: 1 });
  });
});

/** A cached session that has forgotten its commands, with its record of commands. */
async function forgotten(): Promise<{ load: SessionCachePort['load']; command: FoundCommand }> {
  await run(startSession);
  const { session, events } = await run(raiseFlag('old'), { commandIds: ['key:old'] });
  const hash = events[0]?.metadata.command_hash ?? '';
  const command = { id: 'key:old', hash, revision: 1, count: 1 };
  return { load: async () => ({ ...session, known: { from: 2, list: [] } }), command };
}

describe('a command older than what its session remembers', () => {
  test('is found in the record', async () => {
    const { load, command } = await forgotten();
    const cache = { ...noCache, load, findCommand: async () => ({ revision: 1, command }) };
    const again = await run(raiseFlag('old'), { commandIds: ['key:old'], cache });
    expect(again).toMatchObject({ replayed: true, revision: 1 });
  });

  test('is found in the part of the stream that the record lacks', async () => {
    const { load } = await forgotten();
    const cache = { ...noCache, load, findCommand: async () => ({ revision: -1 }) };
    const again = await run(raiseFlag('old'), { commandIds: ['key:old'], cache });
    expect(again).toMatchObject({ replayed: true, revision: 1 });
  });

  test('is new when a complete record does not have it', async () => {
    const { load } = await forgotten();
    const cache = { ...noCache, load };
    expect(await run(raiseFlag('new'), { commandIds: ['key:new'], cache })).toMatchObject({
      replayed: false,
    });
  });

  test('is not looked up without an id', async () => {
    const { load } = await forgotten();
    const cache = { ...noCache, load, findCommand: () => Promise.reject(new Error('looked up')) };
    expect(await run(raiseFlag('new'), { cache })).toMatchObject({ replayed: false });
  });
});

describe('a command of several events', () => {
  const several = { commandIds: ['key:several'], commands: ['a', 'b', 'c', 'd', 'e'].map(raiseFlag) };

  test('is replayed whole while the record of it is still growing', async () => {
    await run(startSession);
    const { session, events } = await run(raiseFlag('a'), several);
    const [first] = events;
    const hash = first?.metadata.command_hash ?? '';
    const cache: SessionCachePort = {
      ...noCache,
      load: async () => ({ ...session, known: { from: 6, list: [] } }),
      findCommand: async () => ({ revision: 5, command: { id: 'key:several', hash, revision: 1, count: 1 } }),
    };
    expect(await run(raiseFlag('a'), { ...several, cache })).toMatchObject({
      replayed: true,
      revision: 5,
      events,
    });
  });
});

async function appendedByOlderVersion(command_id: string, body: JsonObject): Promise<RecordedEvent> {
  const command_hash = createHash('sha256').update(canonicalJson(body)).digest('base64url').slice(0, 22);
  const metadata = {
    schema_version: 1,
    occurred_at: new Date().toISOString(),
    actor: { role: 'agent', id: 'spec' },
    $correlationId: 'c',
    command_id,
    command_hash,
  };
  const event = { event_id: randomUUID(), type: 'FlagRaised', data: { flag: 'a', value: true }, metadata };
  await store.append(sessionStream(testSession.id), [store.codec.encode(event)], 0);
  return { ...event, revision: 1 } as unknown as RecordedEvent;
}

describe('the hash of a command', () => {
  test('distinguishes two commands that have the same fields', async () => {
    await run(startSession);
    const more = { commandIds: ['key:1'], body: {} };
    await run(raiseFlag('a'), more);
    await expect(run(endSession, more)).rejects.toBeInstanceOf(CommandIdReusedError);
  });

  test('of an older version is compared by the scheme of that version', async () => {
    await run(startSession);
    const { event_id, metadata } = await appendedByOlderVersion('key:old', { flag: 'a' });
    const again = await run(raiseFlag('a'), { commandIds: ['key:old'], body: { flag: 'a' } });
    expect(again).toMatchObject({ replayed: true, events: [{ event_id, metadata }] });
    const other = run(raiseFlag('a'), { commandIds: ['key:old'], body: { flag: 'b' } });
    await expect(other).rejects.toBeInstanceOf(CommandIdReusedError);
  });
});
