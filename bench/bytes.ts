import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PoolClient } from 'pg';
import { withSystem } from '#launcher';
import { conversationTopic } from '#messaging';
import { waitUntil } from '#platform';
import { ownKeys } from '../tools/launcher/keys.ts';
import { kafkaOf } from '../tools/shared/kafka.ts';
import type { Clients } from './backing-services.ts';
import { settle, withClients } from './backing-services.ts';
import { fill, turn } from './conversations.ts';

/** The bytes of a turn in each store, with encryption on. */
export interface Bytes {
  /** The WAL bytes of one INSERT of the same turn, unencrypted, into a table with one key. */
  readonly bare: number;
  readonly copies: Readonly<Record<'event' | 'context' | 'row' | 'message', number>>;
  /** The working contexts of a short and of a long conversation. */
  readonly contexts: readonly { readonly turns: number; readonly bytes: number }[];
}

interface BytesSize {
  readonly turns: number;
  readonly lengths: readonly [number, number];
}

export const fullBytes: BytesSize = { turns: 500, lengths: [100, 10_000] };
export const quickBytes: BytesSize = { turns: 100, lengths: [100, 1_000] };
/** The limits: a copy relative to the bare INSERT, a long conversation's context relative to a short one's. */
export const bytesTarget = { copy: 1.5, context: 1.05 };

/** Records turns in a private system with keys, and measures their bytes in each store. */
export async function measureBytes(size: BytesSize, report: (text: string) => void): Promise<Bytes> {
  const keys = mkdtempSync(join(tmpdir(), 'turnstream-keys-'));
  const remove = (): void => rmSync(keys, { recursive: true, force: true });
  return withSystem({ env: ownKeys(keys, {}) }, ({ apis: [api = ''], env, dir }) =>
    withClients({ api, env }, async (clients) => {
      const id = await recorded(clients, size.turns);
      report(`${size.turns} turns recorded`);
      const copies = {
        event: await eventBytes(clients, id),
        context: await contextBytes(clients, id),
        row: await rowBytes(clients, id),
        message: await messageBytes(env, dir, size.turns),
      };
      const bare = await bareBytes(clients, size.turns);
      report('copies measured');
      const contexts = [];
      for (const turns of size.lengths) contexts.push({ turns, bytes: await longContext(clients, turns) });
      return { bare, copies, contexts };
    }),
  ).finally(remove);
}

/** The result as a table. */
export function bytesTable({ bare, copies, contexts: [short, long] }: Bytes): string {
  const lines = Object.entries(copies).map(([name, bytes]) =>
    line(`a turn as ${name}`, bytes, `  ${(bytes / bare).toFixed(2)} (target ${bytesTarget.copy})`),
  );
  const ends = [short, long].flatMap((context) =>
    context ? [line(`working context after ${context.turns.toLocaleString('en')} turns`, context.bytes)] : [],
  );
  return [line('WAL of a bare INSERT of the turn', bare), ...lines, '', ...ends].join('\n');
}

function line(name: string, bytes: number, more = ''): string {
  return `${name.padEnd(44)}${String(Math.round(bytes)).padStart(8)} bytes${more}`;
}

/** Whether every copy, and the context of the long conversation, is within its limit. */
export function areSmall({ bare, copies, contexts: [short, long] }: Bytes): boolean {
  const isFlat = (long?.bytes ?? 0) <= bytesTarget.context * (short?.bytes ?? 0);
  return isFlat && Object.values(copies).every((bytes) => bytes <= bytesTarget.copy * bare);
}

async function recorded(clients: Clients, turns: number): Promise<string> {
  const { turnstream } = clients;
  const session = await turnstream.startSession({ partner_id: 'P-bench', channel: 'whatsapp' });
  for (let count = 0; count < turns; count += 1) await session.recordTurn(turn);
  await settle(clients, [session.id]);
  return session.id;
}

/** The stored bytes: type, id, data and metadata. */
export async function eventBytes({ store }: Clients, id: string): Promise<number> {
  const sizes: number[] = [];
  for await (const { event } of store.readStream(`session-${id}`)) {
    if (event?.type !== 'TurnRecorded') continue;
    const { type, data, metadata } = event;
    sizes.push(type.length + uuidBytes + sizeOf(data) + sizeOf(metadata));
  }
  return mean(sizes);
}

/** The bytes per turn in a context: those of the field that holds them, with the sections that change with them. */
export async function contextBytes({ redis, turnstream }: Clients, id: string): Promise<number> {
  const { short_term_memory } = await turnstream.session(id).context();
  const bytes = await redis.hstrlen(`ctx:{${id}}`, 'turns');
  if (bytes === 0)
    throw new Error('The context has no sealed turns: the bytes are those of a system with keys.');
  return bytes / short_term_memory.recent_turns.length;
}

async function rowBytes({ pool }: Clients, id: string): Promise<number> {
  const { rows } = await pool.query<{ bytes: number }>(
    'SELECT avg(pg_column_size(t.*))::float8 AS bytes FROM conversation_turn AS t WHERE session_id = $1',
    [id],
  );
  return rows[0]?.bytes ?? NaN;
}

/** The bytes of a message in Kafka's log; nearly all messages are those of the turns. */
async function messageBytes(
  { KAFKA_BROKERS }: Readonly<Record<string, string>>,
  dir: string,
  turns: number,
): Promise<number> {
  const admin = kafkaOf('bench', KAFKA_BROKERS).admin();
  await admin.connect();
  let messages = 0;
  const arePublished = async (): Promise<boolean> => {
    const ends = await admin.fetchTopicOffsets(conversationTopic);
    messages = ends.reduce((sum, { high }) => sum + Number(high), 0);
    return messages > turns;
  };
  try {
    await waitUntil(arePublished, { what: 'the messages of the turns', timeoutMs: 60_000 });
  } finally {
    await admin.disconnect();
  }
  return logBytes(join(dir, 'kafka/data')) / messages;
}

function logBytes(data: string): number {
  return readdirSync(data)
    .filter((name) => name.startsWith(`${conversationTopic}-`))
    .flatMap((name) => readdirSync(join(data, name)).map((file) => join(data, name, file)))
    .filter((file) => file.endsWith('.log'))
    .reduce((sum, file) => sum + statSync(file).size, 0);
}

/**
 * One INSERT per transaction, unencrypted. The first ones include full pages after a checkpoint, so they do not
 * count.
 */
async function bareBytes({ pool }: Clients, turns: number): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query(`CREATE TABLE bench_turn (session_id uuid, turn_id uuid, sender sender, message_text text,
      parsed_intent text, intent_confidence real, extracted_entities jsonb, at timestamptz, PRIMARY KEY (session_id, turn_id))`);
    const { message_text, parsed_intent, intent_confidence, extracted_entities, sender } = turn;
    const insert = async (): Promise<void> => {
      const values = [sender, message_text, parsed_intent, intent_confidence, extracted_entities];
      await client.query(
        'INSERT INTO bench_turn VALUES (gen_random_uuid(), gen_random_uuid(), $1, $2, $3, $4, $5, now())',
        values,
      );
    };
    for (let count = 0; count < turns; count += 1) await insert();
    const before = await lsn(client);
    for (let count = 0; count < turns; count += 1) await insert();
    return ((await lsn(client)) - before) / turns;
  } finally {
    await client.query('DROP TABLE IF EXISTS bench_turn');
    client.release();
  }
}

/** The end of the WAL, in bytes. */
async function lsn(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ at: number }>(
    "SELECT (pg_current_wal_insert_lsn() - '0/0')::float8 AS at",
  );
  return rows[0]?.at ?? NaN;
}

/** All fields of the context of a conversation with that many turns. */
async function longContext(clients: Clients, turns: number): Promise<number> {
  const { store, redis, turnstream } = clients;
  const [id = ''] = await fill(store, 1, turns - 1);
  await turnstream.session(id).recordTurn(turn);
  await settle(clients, [id]);
  await turnstream.session(id).context({ minRevision: turns });
  const key = `ctx:{${id}}`;
  const isWritten = async (): Promise<boolean> => Number(await redis.hget(key, 'revision')) >= turns;
  await waitUntil(isWritten, { what: 'the context' });
  return sizeOf(Object.entries(await redis.hgetall(key)).flat());
}

const uuidBytes = 16;

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
