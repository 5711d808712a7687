import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { RecordedEvent, SessionCommand } from '#domain';
import { contextOf } from '#domain';
import { CommandExecutor, EventStore, readSession } from '#sessions';
import { ContextProjection } from './projection.ts';
import { SessionMemory } from './session-memory.ts';
import { rebuildContext } from './rebuild.ts';
import { ContextStore } from './store.ts';
import type { Positioned } from '../tables/items.ts';
import { emptyRedis, entryFor, serviceUrl, startSession, turn } from '../test-support.ts';

let redis: Redis;
let store: EventStore;
let contexts: ContextStore;
let rebuilt: string[] = [];

beforeAll(async () => {
  redis = await emptyRedis();
  store = new EventStore(serviceUrl('EVENTSTORE_URL'));
  contexts = new ContextStore(redis);
});
beforeEach(async () => {
  await redis.flushdb();
  rebuilt = [];
});
afterAll(async () => {
  await Promise.all([redis.quit(), store.dispose()]);
});

function projection(): ContextProjection {
  return new ContextProjection(store, contexts, {
    sessions: new SessionMemory(2 ** 24),
    onRebuild: (id) => rebuilt.push(id),
  });
}

const noCache = {
  load: async () => undefined,
  remember: () => undefined,
  forget: async () => undefined,
  findCommand: async () => ({ revision: Number.MAX_SAFE_INTEGER }),
};

/** Appends the requests; returns all events of the session as they would be delivered. */
async function appended(id: string, ...requests: SessionCommand[][]): Promise<Positioned[]> {
  const all: Positioned[] = [];
  for (const [index, commands] of requests.entries())
    all.push(...(await appendedMore(id, { commands, commandIds: [`request-${index}`] })));
  return all;
}

async function appendedMore(
  id: string,
  { commands, commandIds }: { commands: SessionCommand[]; commandIds: string[] },
): Promise<Positioned[]> {
  const actor = { role: 'agent', id: 'test' } as const;
  const request = { sessionId: id, commands, actor, commandIds, body: { commandIds } };
  const { events } = await new CommandExecutor(store, noCache).execute(request);
  return events.map((event) => ({ session_id: id, event, position: BigInt(event.revision) }));
}

function twelveTurns(): SessionCommand[][] {
  return Array.from({ length: 12 }, () => [turn(randomUUID())]);
}

async function isRight(id: string): Promise<boolean> {
  const session = await readSession(store, id);
  const document = await contexts.document(id);
  return session !== undefined && document?.body === JSON.stringify(contextOf(session));
}

test('contexts are right however the events are cut into batches', async () => {
  const [a, b] = [randomUUID(), randomUUID()];
  const [first, second] = [
    await appended(a, [startSession], ...twelveTurns()),
    await appended(b, [startSession], ...twelveTurns()),
  ];
  const mixed = first.flatMap((event, index) => [event, ...second.slice(index, index + 1)]);
  const ours = projection();
  for (const size of [1, 2, 3, 5, 8, 100]) await ours.write(mixed.splice(0, size));
  expect(await isRight(a)).toBe(true);
  expect(await isRight(b)).toBe(true);
  expect(rebuilt).toEqual([]);
});

async function fourEvents(id: string): Promise<Positioned[]> {
  const turns = Array.from({ length: 3 }, () => [turn(randomUUID())]);
  return appended(id, [startSession], ...turns);
}

test('a projector that starts in the middle of a session loads it from Redis', async () => {
  const id = randomUUID();
  const events = await fourEvents(id);
  await projection().write(events.slice(0, 2));
  await projection().write(events.slice(1, 3));
  expect(rebuilt).toEqual([]);
});

test('a session whose earlier events Redis lacks is rebuilt from its stream', async () => {
  const id = randomUUID();
  const events = await fourEvents(id);
  await projection().write(events.slice(3));
  expect(rebuilt).toEqual([id]);
  expect(await isRight(id)).toBe(true);
});

test('an event that cannot be folded is reported, and those before it are written', async () => {
  const id = randomUUID();
  const [first, second, third] = (await fourEvents(id)) as [Positioned, Positioned, Positioned];
  const broken = { ...third, event: { ...third.event, data: null } as unknown as RecordedEvent };
  const { failures } = await projection().write([first, second, broken]);
  expect(failures).toMatchObject([{ session_id: id, revision: 2, reason: 'malformed_event' }]);
  expect((await contexts.load(id))?.revision).toBe(1);
});

test('a session with a set-aside note in its context is reported', async () => {
  const id = randomUUID();
  const events = await fourEvents(id);
  await contexts.noteSetAside([entryFor(id, 2)]);
  expect(await projection().write(events)).toEqual({ failures: [], setAside: [id] });
});

test('a session that is no longer set aside is restored from its stream', async () => {
  const id = randomUUID();
  const events = await fourEvents(id);
  const ours = projection();
  await ours.write(events.slice(0, 2));
  await contexts.noteSetAside([entryFor(id, 2)]);
  await ours.restore(id);
  expect(await isRight(id)).toBe(true);
});

test('a request split over two batches, with a restart in between, is recorded whole', async () => {
  const id = randomUUID();
  const turns = Array.from({ length: 4 }, () => randomUUID());
  const commandIds = ['request-1', ...turns.map((turnId) => `turn:${turnId}`)];
  const start = await appended(id, [startSession]);
  const commands = turns.map((turnId) => turn(turnId));
  const events = await appendedMore(id, { commands, commandIds });
  await projection().write([...start, ...events.slice(0, 1)]);
  for (const part of [events.slice(0, 1), events.slice(1)]) {
    await projection().write(part);
    for (const name of commandIds) {
      const { command } = await contexts.findCommand(id, [name]);
      expect(command).toMatchObject({ revision: 1, count: 4 });
    }
  }
  expect(await isRight(id)).toBe(true);
});

test('ids that no caller can send again are not recorded', async () => {
  const id = randomUUID();
  const response = { turn_id: randomUUID(), message_text: 'Yes.' };
  const start = await appended(id, [startSession]);
  const keyed = await appendedMore(id, {
    commands: [turn(randomUUID(), { response })],
    commandIds: ['key:1'],
  });
  const unnamed = await appendedMore(id, { commands: [turn(randomUUID())], commandIds: [] });
  await projection().write([...start, ...keyed, ...unnamed]);
  const fields = await redis.hkeys(`cmd:{${id}}`);
  expect(fields.filter((field) => /^[^#]/.test(field)).sort()).toEqual(['key:1', 'request-0']);
});

test('a projector that stalled does not overwrite what others have written since', async () => {
  const id = randomUUID();
  const events = await fourEvents(id);
  const stalled = projection();
  await stalled.write(events.slice(0, 2));
  await projection().write(events.slice(0, 4));
  await stalled.write(events.slice(2, 3));
  expect(await isRight(id)).toBe(true);
  await stalled.write(events.slice(3));
  expect(await isRight(id)).toBe(true);
  expect(rebuilt).toEqual([]);
});

test('a context that is ahead of its stream is folded again when it is rebuilt', async () => {
  const id = randomUUID();
  await projection().write(await fourEvents(id));
  await redis.hset(`ctx:{${id}}`, 'revision', 9, 'session', '{"status":"ended"}');
  expect(await rebuildContext(store, contexts, id)).toMatchObject({ revision: 3 });
  expect(await isRight(id)).toBe(true);
});

test('while Redis is full, a context whose earlier events are missing is removed, and not folded again', async () => {
  const id = randomUUID();
  const events = await fourEvents(id);
  await projection().write(events.slice(0, 2));
  const isFull = jest.spyOn(contexts, 'isFull', 'get').mockReturnValue(true);
  await projection()
    .write(events.slice(3))
    .finally(() => isFull.mockRestore());
  expect(await redis.exists(`ctx:{${id}}`)).toBe(0);
  expect(rebuilt).toEqual([]);
});
