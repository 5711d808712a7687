import { EventStoreDBClient } from '@eventstore/db-client';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import type { SessionRow, StoredEvent, Stores, TurnRow } from '../common/history.ts';

/** Reads what the stores of a cluster hold. */
export async function dump(services: Readonly<Record<string, string>>): Promise<Stores> {
  const streams = await readStreams(services['EVENTSTORE_URL'] ?? '');
  const sessions = withPrefix(streams, 'session-');
  const contexts = await readContexts(services['REDIS_URL'] ?? '', Object.keys(sessions));
  const rows = await readRows(services['DATABASE_URL'] ?? '');
  return { sessions, partners: withPrefix(streams, 'partner-'), contexts, ...rows };
}

async function readStreams(url: string): Promise<ReadonlyMap<string, StoredEvent[]>> {
  const client = EventStoreDBClient.connectionString(url);
  const streams = new Map<string, StoredEvent[]>();
  try {
    for await (const { event } of client.readAll({ fromPosition: 'start', direction: 'forwards' })) {
      if (event === undefined || event.streamId.startsWith('$')) continue;
      const { id: event_id, type, revision, data, metadata } = event;
      const stored = { event_id, type, revision: Number(revision), data, metadata } as unknown as StoredEvent;
      const stream = streams.get(event.streamId);
      if (stream) stream.push(stored);
      else streams.set(event.streamId, [stored]);
    }
  } finally {
    await client.dispose();
  }
  return streams;
}

/** The streams whose names begin so, by the rest of their names. */
function withPrefix(
  streams: ReadonlyMap<string, StoredEvent[]>,
  prefix: string,
): Record<string, StoredEvent[]> {
  const chosen = [...streams].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(chosen.map(([name, events]) => [name.slice(prefix.length), events]));
}

async function readRows(url: string): Promise<Pick<Stores, 'session_rows' | 'turn_rows' | 'set_aside'>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const sessions = await client.query<SessionRow>(
      `SELECT session_id, partner_id, start_time, last_activity_time, channel, current_task, language, status,
        revision::int FROM conversation_session`,
    );
    const turns = await client.query<TurnRow>(
      `SELECT session_id, turn_id, sender, message_text, parsed_intent, response_text, timestamp, revision::int
        FROM conversation_turn`,
    );
    const aside = await client.query<{ session_id: string }>('SELECT session_id FROM set_aside_session');
    const set_aside = aside.rows.map(({ session_id }) => session_id);
    return { session_rows: sessions.rows, turn_rows: turns.rows, set_aside };
  } finally {
    await client.end();
  }
}

async function readContexts(
  url: string,
  sessionIds: readonly string[],
): Promise<Record<string, Record<string, string>>> {
  const redis = new Redis(url);
  try {
    const contexts: Record<string, Record<string, string>> = {};
    for (const id of sessionIds) {
      const hash = await redis.hgetall(`ctx:{${id}}`);
      if (Object.keys(hash).length > 0) contexts[id] = hash;
    }
    return contexts;
  } finally {
    redis.disconnect();
  }
}
