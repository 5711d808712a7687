import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import type { RecordedEvent, SessionCommand } from '#domain';
import { newSession } from '#domain';
import { DataKeys, KeyStoreUnavailableError } from '#privacy';
import { MemoryKeyStore, testDataKeys, testMasterKeys } from '../../privacy/src/keys/test-keys.ts';
import { EventCodec } from './codec.ts';
import { CommandExecutor } from './command-executor.ts';
import type { CommandRequest, CommandResult } from './command-request.ts';
import { AppendTooLargeError, CommandIdReusedError } from './errors.ts';
import { readPartner } from './partner-memory.ts';
import { EventStore } from './store.ts';
import { foldStream, readEvents, readRawEvents, readSession } from './streams.ts';
import { assignSession, endSession, noCache, raiseFlag, request, startSession } from './test-support.ts';

const url = process.env['EVENTSTORE_URL'] ?? '';
const keyStore = new MemoryKeyStore();
/** A process from before keys were configured, and one with keys. */
const plain = new EventStore(url);
const sealing = new EventStore(url, new EventCodec(undefined, testDataKeys(keyStore)));
afterAll(() => Promise.all([plain, sealing].map((store) => store.dispose())));

let id: string;
let partner_id: string;
beforeEach(() => {
  id = randomUUID();
  partner_id = `P-${id}`;
});

const start = (): SessionCommand => ({ ...startSession, partner_id, name: 'CANARY', device: 'CANARY' });

function run(
  store: EventStore,
  command: SessionCommand,
  more: Partial<CommandRequest> = {},
): Promise<CommandResult> {
  return new CommandExecutor(store, noCache).execute(request(id, command, more));
}

/** Everything that the event store has of the session and its partner. */
async function storedText(): Promise<string> {
  const streams = await Promise.all(
    [`session-${id}`, `partner-${partner_id}`].map((stream) => Array.fromAsync(plain.read(stream))),
  );
  return JSON.stringify(streams.flat().map(({ data, metadata }) => [data, metadata]));
}

const commandIds = ['key:CANARY', 'message:CANARY'];
const update: SessionCommand = {
  type: 'RecordExternalUpdate',
  system: 'orders',
  kind: 'order_updated',
  reference: null,
  data: {},
  source_event_id: 'e-1',
  status: 'CANARY',
};
const reason: SessionCommand = { type: 'EndSession', reason: 'CANARY' };

test('the store holds neither personal data nor message ids, and reading restores both', async () => {
  await assignSession(sealing, partner_id, id);
  await run(sealing, start(), { commandIds });
  await run(sealing, { type: 'ChangePreferences', preferences: { call_back: 'CANARY' } });
  await run(sealing, update, { causationId: 'CANARY' });
  await run(sealing, reason);
  expect(await storedText()).not.toContain('CANARY');
  const session = await readSession(sealing, id);
  expect(session?.state.identity).toMatchObject({ name: 'CANARY', device: 'CANARY' });
  const raw = await Array.fromAsync(readRawEvents(sealing, id));
  expect(raw.at(-1)).toMatchObject({
    data: { reason: 'CANARY' },
    metadata: { sealed: ['reason'], partner_id },
  });
  const { state } = await readPartner(sealing, partner_id);
  expect(JSON.stringify(state)).toContain('CANARY');
});

test('a repetition is recognised under any of its ids, and another body is refused', async () => {
  await run(sealing, start());
  const { events } = await run(sealing, raiseFlag('a'), { commandIds });
  for (const one of commandIds)
    expect(await run(sealing, raiseFlag('a'), { commandIds: [one] })).toMatchObject({
      replayed: true,
      revision: events[0]?.revision,
    });
  const other = run(sealing, raiseFlag('b'), { commandIds });
  await expect(other).rejects.toBeInstanceOf(CommandIdReusedError);
  await expect(other).rejects.toMatchObject({ commandId: 'key:CANARY' });
});

test('a repetition of a command stored before keys were configured is recognised, and another body refused', async () => {
  await run(plain, start());
  await run(plain, raiseFlag('a'), { commandIds });
  expect(await run(sealing, raiseFlag('a'), { commandIds })).toMatchObject({ replayed: true, revision: 1 });
  await expect(run(sealing, raiseFlag('b'), { commandIds })).rejects.toBeInstanceOf(CommandIdReusedError);
  expect(await run(sealing, raiseFlag('b'), { commandIds: ['key:2'] })).toMatchObject({ revision: 2 });
});

test('a stream that starts plain and continues sealed is one session', async () => {
  await run(plain, start());
  await run(sealing, { type: 'RaiseFlag', flag: 'vip', value: 'CANARY' });
  const events: RecordedEvent[] = await Array.fromAsync(readEvents(sealing, id));
  expect(events.map(({ metadata }) => metadata.sealed)).toEqual([undefined, ['value']]);
  expect((await readSession(sealing, id))?.state.conversation_flags).toMatchObject({ vip: 'CANARY' });
});

test('a session whose partner was erased is folded and continues', async () => {
  await run(sealing, start());
  await keyStore.destroy(partner_id, '2100-01-01T00:00:00.000Z');
  const later = new EventStore(url, new EventCodec(undefined, testDataKeys(keyStore)));
  const session = await foldStream(later, newSession(id));
  expect(session.state.identity).toMatchObject({ partner_id, name: '[erased]' });
  expect(await run(later, endSession)).toMatchObject({ revision: 1 });
  await later.dispose();
});

test('an erased session refuses a repetition as over, whatever revision it expects', async () => {
  await run(sealing, start());
  const repeated = { commandIds, expectedRevision: 0 };
  await run(sealing, raiseFlag('a'), repeated);
  await run(sealing, { type: 'EraseSession', partner_id, erasure_id: randomUUID() });
  const refused = run(sealing, raiseFlag('a'), repeated);
  await expect(refused).rejects.toMatchObject({ rejection: { code: 'session_over' } });
});

test('a command whose events the event store does not take for their size is refused', async () => {
  await run(sealing, start());
  const large = { ...update, data: { note: '9876543210 '.repeat(23_000) } };
  await expect(run(sealing, large)).rejects.toBeInstanceOf(AppendTooLargeError);
  expect(await run(sealing, raiseFlag('a'))).toMatchObject({ revision: 1 });
});

test('without the key store nothing is written, plain or sealed', async () => {
  class Gone extends MemoryKeyStore {
    override async current(): Promise<never> {
      throw new KeyStoreUnavailableError();
    }
  }
  const store = new EventStore(url, new EventCodec(undefined, new DataKeys(new Gone(), testMasterKeys)));
  await expect(run(store, start())).rejects.toThrow(KeyStoreUnavailableError);
  expect(await readSession(plain, id)).toBeUndefined();
  await store.dispose();
});
