import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { EventData } from '@eventstore/db-client';
import type { StreamMetadata } from '@eventstore/db-client';
import { EventStoreDBClient } from '@eventstore/db-client';
import { afterAll, beforeEach } from '@jest/globals';
import type { JsonObject, SessionCommand } from '#domain';
import { HistorySigner } from './chain/signing.ts';
import type { AppendOutcome } from './client/append-answer.ts';
import { CommandExecutor } from './command-executor.ts';
import type { CommandRequest, CommandResult } from './command-request.ts';
import { commandPartner } from './partner-memory.ts';
import type { SessionCachePort } from './session-cache-port.ts';
import { EventStore } from './store.ts';
import { readEvents, sessionStream } from './streams.ts';

/** For specs: a cache that caches nothing, so that every command folds the stream. */
export const noCache: SessionCachePort = {
  load: async () => undefined,
  remember: () => undefined,
  forget: async () => undefined,
  findCommand: async () => ({ revision: Number.MAX_SAFE_INTEGER }),
};

export const startSession = {
  type: 'StartSession',
  partner_id: 'P7689',
  channel: 'whatsapp',
  language: 'hi',
  region: null,
  name: null,
  device: null,
  expires_in_s: 3_600,
  memory: null,
} as const;

export const endSession: SessionCommand = { type: 'EndSession', reason: null };

export function raiseFlag(flag: string): SessionCommand {
  return { type: 'RaiseFlag', flag, value: true };
}

/** Lists a session in its partner's stream, as starting it does. */
export async function assignSession(
  store: EventStore,
  partner_id: string,
  session_id: string,
): Promise<void> {
  const assignment = { session_id, completable: false, language: null, updates: [] };
  const context = { actor: { role: 'system', id: 'spec' }, $correlationId: 'spec' } as const;
  await commandPartner(store, { type: 'AssignSession', partner_id, ...assignment }, context);
}

/** A request of an agent with one command. */
export function request(
  sessionId: string,
  command: SessionCommand,
  more: Partial<CommandRequest> = {},
): CommandRequest {
  return {
    sessionId,
    commands: [command],
    actor: { role: 'agent', id: 'spec' },
    commandIds: [],
    body: { ...command } as unknown as JsonObject,
    ...more,
  };
}

/** A store with long deadlines, for specs that make many calls at once. */
export function patientStore(url: string): EventStore {
  return new EventStore(url, undefined, { answerMs: 30_000, totalMs: 30_000 });
}

/** A new session for each test, on the event store of the spec. */
export function sessionOfEachTest() {
  const url = process.env['EVENTSTORE_URL'] ?? '';
  const store = patientStore(url);
  const stores = [store, patientStore(url), patientStore(url)];
  afterAll(() => Promise.all(stores.map((one) => one.dispose())));
  let id = '';
  let runs = 0;
  beforeEach(() => {
    id = randomUUID();
  });
  return {
    store,
    get id() {
      return id;
    },
    /** Executes a command as one of several processes would: the executors share no mutex and rarely a store. */
    run: (
      command: SessionCommand,
      { cache = noCache, ...more }: Partial<CommandRequest> & { cache?: SessionCachePort } = {},
    ): Promise<CommandResult> => {
      runs += 1;
      const process = stores[runs % stores.length] ?? store;
      return new CommandExecutor(process, cache).execute(request(id, command, more));
    },
    revisions: async (): Promise<number[]> => {
      const events = await Array.fromAsync(readEvents(store, id));
      return events.map(({ revision }) => revision);
    },
  };
}

/** The store with a fault around its appends. */
export class FaultyStore extends EventStore {
  constructor(
    address: string,
    private readonly fault: (stream: string, append: () => Promise<AppendOutcome>) => Promise<AppendOutcome>,
  ) {
    super(address);
  }

  override append(stream: string, events: readonly EventData[], expected: number): Promise<AppendOutcome> {
    return this.fault(stream, () => super.append(stream, events, expected));
  }
}

/** Deletes a session's stream as an operator does: permanently, or so that its revisions continue. */
export async function deleteStream(sessionId: string, how: 'tombstone' | 'soft delete'): Promise<void> {
  const client = EventStoreDBClient.connectionString(process.env['EVENTSTORE_URL'] ?? '');
  const stream = sessionStream(sessionId);
  if (how === 'tombstone') await client.tombstoneStream(stream);
  else await client.deleteStream(stream);
  await client.dispose();
}

/** Truncates a session's stream before a revision, or writes other metadata. */
export async function setMetadata(sessionId: string, metadata: StreamMetadata): Promise<void> {
  const client = EventStoreDBClient.connectionString(process.env['EVENTSTORE_URL'] ?? '');
  await client.setStreamMetadata(sessionStream(sessionId), metadata);
  await client.dispose();
}

/** Signs roots with a key of its own. */
export function newSigner(): HistorySigner {
  const { privateKey } = generateKeyPairSync('ed25519');
  return new HistorySigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}
