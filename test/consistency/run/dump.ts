import { EventStoreDBClient } from '@eventstore/db-client';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import type { JsonObject } from '#domain';
import type { DataKeys } from '#privacy';
import { EventCodec } from '#sessions';
import { sectionFields } from '../../../libs/read-models/src/context/records.ts';
import { SectionSeals } from '../../../libs/read-models/src/context/section-seals.ts';
import { openTurns } from '../../../libs/read-models/src/tables/sealed-columns.ts';
import type { SessionRow, StoredEvent, Stores, TurnRow } from '../common/history.ts';
import type { Cluster } from '../system/cluster.ts';

/** Tables that may know erased partners: requests about partners, and access records. */
const kept = ['partner_privacy', 'access_record', 'access_record_partner'];
const contextFields = ['partner_id', ...sectionFields];

/** Reads the stores of a cluster, and decrypts sealed values; this is the only use of the system's code. */
export async function dump({ services, escrow }: Pick<Cluster, 'services' | 'escrow'>): Promise<Stores> {
  return escrow.use(async (keys) => {
    const streams = await readStreams(services['EVENTSTORE_URL'] ?? '', keys);
    const sessions = withPrefix(streams, 'session-');
    const contexts = await readContexts(services['REDIS_URL'] ?? '', Object.keys(sessions), keys);
    const rows = await readRows(services['DATABASE_URL'] ?? '', keys);
    const living_keys = await escrow.living();
    const erased_rows = await rowsOf(services['DATABASE_URL'] ?? '', escrow.partners);
    const partners = withPrefix(streams, 'partner-');
    return { sessions, partners, contexts, ...rows, living_keys, erased_rows };
  });
}

async function readStreams(url: string, keys: DataKeys): Promise<ReadonlyMap<string, StoredEvent[]>> {
  const codec = new EventCodec(undefined, keys);
  const client = EventStoreDBClient.connectionString(url);
  const streams = new Map<string, StoredEvent[]>();
  try {
    for await (const { event } of client.readAll({ fromPosition: 'start', direction: 'forwards' })) {
      if (event === undefined || event.streamId.startsWith('$')) continue;
      const { event_id, type, revision, data, metadata } = await codec.raw(event);
      const stored = { event_id, type, revision, data, metadata } as StoredEvent;
      const stream = streams.get(event.streamId);
      if (stream) stream.push(stored);
      else streams.set(event.streamId, [stored]);
    }
  } finally {
    await client.dispose();
  }
  return streams;
}

/** The streams with a name prefix, by the rest of their names. */
function withPrefix(
  streams: ReadonlyMap<string, StoredEvent[]>,
  prefix: string,
): Record<string, StoredEvent[]> {
  const chosen = [...streams].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(chosen.map(([name, events]) => [name.slice(prefix.length), events]));
}

async function readRows(
  url: string,
  keys: DataKeys,
): Promise<Pick<Stores, 'session_rows' | 'turn_rows' | 'set_aside'>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const sessions = await client.query<SessionRow>(
      `SELECT session_id, partner_id, start_time, last_activity_time, channel, current_task, language, status,
        revision::int FROM conversation_session`,
    );
    const turns = await client.query<TurnRow & { partner_id: string; extracted_entities: JsonObject }>(
      `SELECT session_id, turn_id, partner_id, sender, message_text, parsed_intent, extracted_entities,
        response_text, timestamp, revision::int FROM conversation_turn`,
    );
    const turn_rows = await openTurns(keys, turns.rows);
    const aside = await client.query<{ session_id: string }>('SELECT session_id FROM set_aside_session');
    const set_aside = aside.rows.map(({ session_id }) => session_id);
    return { session_rows: sessions.rows, turn_rows, set_aside };
  } finally {
    await client.end();
  }
}

/** Which of the partners have rows in which tables; all tables are searched. */
async function rowsOf(url: string, partners: readonly string[]): Promise<Stores['erased_rows']> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ table: string }>(
      `SELECT table_name AS table FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
       WHERE column_name = 'partner_id' AND table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> ALL ($1)`,
      [kept],
    );
    const found = rows.map(async ({ table }) => {
      const sql = `SELECT DISTINCT partner_id FROM "${table}" WHERE partner_id = ANY ($1)`;
      const { rows: left } = await client.query<{ partner_id: string }>(sql, [partners]);
      return left.map(({ partner_id }) => ({ table, partner_id }));
    });
    return (await Promise.all(found)).flat();
  } finally {
    await client.end();
  }
}

async function readContexts(
  url: string,
  sessionIds: readonly string[],
  keys: DataKeys,
): Promise<Record<string, Record<string, string>>> {
  const redis = new Redis(url);
  const reading = new SectionSeals(keys).reading(contextFields);
  try {
    const contexts: Record<string, Record<string, string>> = {};
    for (const id of sessionIds) {
      const stored = await redis.hmget(`ctx:{${id}}`, ...reading.stored);
      if (stored.every((text) => text === null)) continue;
      // A value that cannot be decrypted is shown as it is, and reported.
      const opened = await reading.open(id, stored);
      const [names, texts] = opened ? [contextFields, opened] : [reading.stored, stored];
      contexts[id] = Object.fromEntries(
        names.flatMap((name, index) => {
          const text = texts[index];
          return typeof text === 'string' ? [[name, text]] : [];
        }),
      );
    }
    return contexts;
  } finally {
    redis.disconnect();
  }
}
