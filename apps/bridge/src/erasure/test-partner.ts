import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEventStore } from '@turnstream/embedded-eventstore';
import { Redis } from 'ioredis';
import type { PartnerCommand, PartnerState, SessionCommand } from '#domain';
import type { Config } from '#platform';
import { createLogger } from '#platform';
import type { DataKeys } from '#privacy';
import { ContextStore, itemOf, rebuildContext, RowsStore, SessionCache, SessionMemory } from '#read-models';
import type { CommandRequest } from '#sessions';
import {
  CommandExecutor,
  commandPartner,
  EventCodec,
  EventStore,
  partnerStream,
  readEvents,
  readPartner,
  readSession,
  sessionStream,
} from '#sessions';
import {
  createDatabase,
  serviceUrl,
  startSession,
  turn,
} from '../../../../libs/read-models/src/test-support.ts';
import { Eraser } from './eraser.ts';
import { PartnerFollower } from './follower.ts';
import { ErasureWorker } from './worker.ts';

const actor = { role: 'human', id: 'dpo' } as const;
export const context = { actor, $correlationId: 'spec' };

/** The parts that erase partners, on real backing services; for specs. */
export async function erasureWorld(
  keys?: DataKeys,
  databaseReads?: Config['databaseReads'],
  eventStoreUrl = serviceUrl('EVENTSTORE_URL'),
) {
  const database = await createDatabase();
  const { pool } = database;
  const redis = new Redis(serviceUrl('REDIS_URL'));
  const store = new EventStore(eventStoreUrl, new EventCodec(undefined, keys));
  const contexts = new ContextStore(redis, undefined, undefined, undefined, keys);
  const commands = new CommandExecutor(store, new SessionCache(store, contexts, new SessionMemory(1e6)));
  const logger = createLogger('spec', 'silent');
  const eraser = new Eraser(
    store,
    commands,
    contexts,
    redis,
    pool,
    { keyBackupDays: 30 },
    { signer: undefined },
    { databaseReads },
    keys,
  );
  const newFollower = (): PartnerFollower => new PartnerFollower(store, commands, pool, redis, logger, keys);
  const follower = newFollower();
  const rows = new RowsStore(pool, { textSearch: 'off', keys, rebuilding: true });

  const execute = async (sessionId: string, ...list: SessionCommand[]): Promise<void> => {
    const request: CommandRequest = { sessionId, commands: list, actor, commandIds: [], body: {} };
    await commands.execute(request);
  };
  /** Writes a session to the tables and Redis, as the projector does. */
  const project = async (session_id: string): Promise<void> => {
    const events = await Array.fromAsync(readEvents(store, session_id));
    const items = events.map((event) => itemOf({ session_id, event, position: BigInt(event.revision + 1) }));
    const writer = { partition: 0, owner: 'spec', epoch: 0n, position: null };
    await rows.write(writer, items, BigInt(events.length), null);
    await rebuildContext(store, contexts, session_id);
  };
  const command = (more: PartnerCommand): Promise<PartnerState> => commandPartner(store, more, context);

  return {
    pool,
    redis,
    store,
    contexts,
    eraser,
    commands,
    follower,
    /** The follower of a bridge that has just started. */
    restartedFollower: newFollower,
    execute,
    project,
    command,
    worker: (config = { inactiveDays: 0, noticeHours: 48 }) =>
      new ErasureWorker(eraser, follower, store, pool, config, logger, keys),
    /** Starts a session with a turn that contains personal data. */
    start: async (partner_id: string): Promise<string> => {
      const id = randomUUID();
      const assignment = { session_id: id, completable: false, language: 'hi', updates: [] };
      await command({ type: 'AssignSession', partner_id, ...assignment });
      const extracted_entities = { order_id: `ORD-${partner_id}` };
      await execute(id, { ...startSession, partner_id } as SessionCommand);
      await execute(id, turn(randomUUID(), { message_text: 'secret words', extracted_entities }));
      await project(id);
      return id;
    },
    /** Forks a session, and records a turn in the fork. No table has it yet. */
    fork: async (partner_id: string, sessionId: string): Promise<string> => {
      const id = randomUUID();
      const source = await readSession(store, sessionId);
      if (source === undefined) throw new Error('There is no such session.');
      const command = {
        type: 'ForkSession',
        partner_id,
        source,
        latest: source.state.session,
        purpose: 'what_if',
        expires_in_s: 60,
      } as const;
      await execute(id, command, turn(randomUUID(), { message_text: 'more secrets' }));
      return id;
    },
    request: (partner_id: string, keep_until: string | null = null) =>
      command({
        type: 'RequestErasure',
        partner_id,
        keep_until,
        request: {
          erasure_id: randomUUID(),
          reason: 'asked',
          requested_at: new Date().toISOString(),
          requested_by: actor,
        },
      }),
    privacy: async (partner_id: string) => (await readPartner(store, partner_id)).state.privacy,
    /** The text of all readable events of a session's stream, and of all stored ones. */
    stream: async (id: string): Promise<string> =>
      JSON.stringify(await Array.fromAsync(readEvents(store, id), ({ data }) => data)),
    stored: async (id: string): Promise<string> =>
      JSON.stringify(await Array.fromAsync(store.read(sessionStream(id)), ({ data }) => data)),
    count: async (table: string, partner_id: string): Promise<number> => {
      const { rowCount } = await pool.query(`SELECT FROM ${table} WHERE partner_id = $1`, [partner_id]);
      return rowCount ?? 0;
    },
    close: async (): Promise<void> => {
      await store.dispose();
      redis.disconnect();
      await database.drop();
    },
  };
}

/** Appends an event of a later version of Turnstream to the partner's stream. */
export async function makeUnreadable(store: EventStore, partnerId: string): Promise<void> {
  const stream = partnerStream(partnerId);
  const last = await store.readLast(stream);
  const metadata = { schema_version: 999, occurred_at: new Date().toISOString() };
  const event = {
    contentType: 'application/json',
    id: randomUUID(),
    type: 'PartnerChanged',
    data: {},
    metadata,
  };
  await store.append(stream, [event], Number(last?.revision ?? -1));
}

/** As `erasureWorld`, with an event store of its own: its list of erasures belongs to these keys alone. */
export async function separateErasureWorld(keys: DataKeys) {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-erasures-'));
  const server = await startEventStore({ dir });
  const world = await erasureWorld(keys, undefined, server.connectionString);
  const close = async (): Promise<void> => {
    await world.close();
    await server.stop();
    rmSync(dir, { recursive: true });
  };
  return { ...world, close };
}
