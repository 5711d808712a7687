import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { runner } from 'node-pg-migrate';
import { Pool } from 'pg';
import type { EventMetadata, RecordedEvent, Session, SessionCommand } from '#domain';
import { newSession, decideAll } from '#domain';
import { connectionSettings } from './tables/sql.ts';

/** The engine's address, which whoever runs the specs gives. */
export function engine(variable: 'DATABASE_URL' | 'EVENTSTORE_URL' | 'REDIS_URL'): string {
  const url = process.env[variable];
  if (!url) throw new Error(`${variable} is not set: run the specs with npm test.`);
  return url;
}

export interface TestDatabase {
  readonly url: string;
  readonly pool: Pool;
  drop(): Promise<void>;
}

/** A fresh database with all migrations, of this spec alone. */
export async function createDatabase(): Promise<TestDatabase> {
  const name = `spec_${randomUUID().replaceAll('-', '')}`;
  const admin = new Pool({ connectionString: engine('DATABASE_URL'), max: 1 });
  await admin.query(`CREATE DATABASE ${name}`);
  const address = new URL(engine('DATABASE_URL'));
  address.pathname = `/${name}`;
  const url = address.toString();
  const dir = fileURLToPath(new URL('../../../migrations', import.meta.url));
  await runner({
    databaseUrl: url,
    dir,
    direction: 'up',
    migrationsTable: 'schema_migration',
    log: () => undefined,
  });
  const pool = rowsPool(url);
  const drop = async (): Promise<void> => {
    await pool.end();
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  };
  return { url, pool, drop };
}

/** A pool as the projector has it. */
export function rowsPool(connectionString: string, settings = connectionSettings): Pool {
  const onConnect = (client: { query(sql: string): Promise<unknown> }): unknown => client.query(settings);
  const pool = new Pool({ connectionString, max: 6, onConnect });
  pool.on('error', () => undefined);
  return pool;
}

/** A connection to a database number of Redis that only one spec uses, empty. */
export async function emptyRedis(db: number): Promise<Redis> {
  const redis = new Redis(engine('REDIS_URL'), { db, maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined);
  await redis.flushdb();
  return redis;
}

/** A way to an engine that can be cut and mended, as when the engine is away. */
export async function cuttable(url: string): Promise<{ url: string; cut(): void; mend(): Promise<void> }> {
  const target = new URL(url);
  const [port, host] = [Number(target.port), target.hostname];
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, host);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => other.destroy());
      socket.pipe(other);
    }
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const ours = await listen(0);
  target.hostname = '127.0.0.1';
  target.port = String(ours);
  const cut = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return { url: target.toString(), cut, mend: async () => void (await listen(ours)) };
}

export const startSession: SessionCommand = {
  type: 'StartSession',
  partner_id: 'P1',
  channel: 'whatsapp',
  language: 'hi',
  region: 'Pune',
  name: 'A "partner"',
  device: null,
  expires_in_s: 3_600,
  memory: null,
};

export function turn(
  turn_id: string,
  more: Partial<SessionCommand & { type: 'RecordTurn' }> = {},
): SessionCommand {
  return {
    type: 'RecordTurn',
    turn_id,
    sender: 'user',
    message_text: 'Where is my payout?',
    parsed_intent: 'ask_payment_status',
    intent_confidence: 0.9,
    extracted_entities: {},
    in_reply_to: null,
    bot_action: null,
    message_id: null,
    response: null,
    ...more,
  };
}

/** A session's life as the domain makes it, without a store: each call is a request of its own. */
export class Script {
  session: Session;
  readonly events: RecordedEvent[] = [];
  private clock = Date.parse('2026-01-05T09:00:00.000Z');

  constructor(readonly sessionId: string = randomUUID()) {
    this.session = newSession(sessionId);
  }

  /** The events of a request with these commands; none when the domain refuses it. */
  request(...commands: SessionCommand[]): RecordedEvent[] {
    const command_id = randomUUID();
    this.clock += 1_000;
    const metadata: EventMetadata = {
      schema_version: 1,
      occurred_at: new Date(this.clock).toISOString(),
      actor: { role: 'agent', id: 'spec' },
      $correlationId: command_id,
      command_id,
      command_hash: 'hash',
    };
    const done = decideAll(this.session, commands, {
      metadata: () => metadata,
      eventId: () => randomUUID(),
    });
    if (!('events' in done)) return [];
    this.session = done.session;
    this.events.push(...done.events);
    return [...done.events];
  }
}
