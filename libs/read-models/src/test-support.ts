import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { EventMetadata, ProcessedCommand, RecordedEvent, Session, SessionCommand } from '#domain';
import { newSession, decideAll } from '#domain';
import type { DataKeys } from '#privacy';
import type { TestDatabase } from '../../platform/src/testing/test-services.ts';
import {
  createTestDatabase,
  emptyRedis,
  redisUrlOf,
  serviceUrl,
  testPool,
} from '../../platform/src/testing/test-services.ts';
import type { TableItem } from './tables/items.ts';
import type { Writer } from './tables/owner.ts';
import { RowsStore } from './tables/store.ts';
import type { SetAside } from './tables/set-aside.ts';
import { setAsideEntry } from './tables/set-aside.ts';
import { connectionSettings } from './tables/sql.ts';
import type { TextSearchScope } from './text-search/config.ts';

export { emptyRedis, redisUrlOf, serviceUrl };
export type { TestDatabase };

/** A fresh database with all migrations, for this spec alone, and a pool with the projector's settings. */
export const createDatabase = (): Promise<TestDatabase> => createTestDatabase(connectionSettings);

/** A pool with the projector's settings. */
export function rowsPool(connectionString: string, settings = connectionSettings): Pool {
  return testPool(connectionString, settings);
}

/** The entry of a session that is set aside at a revision. */
export function entryFor(session_id: string, revision: number): SetAside {
  const event = { revision, event_id: randomUUID(), type: 'TurnRecorded' };
  return setAsideEntry(session_id, event, 'malformed_event', 7n);
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

/** A session's events as the domain decides them, without a store: each call is a separate request. */
export class Script {
  session: Session;
  readonly events: RecordedEvent[] = [];
  private clock = Date.parse('2026-01-05T09:00:00.000Z');

  constructor(readonly sessionId: string = randomUUID()) {
    this.session = newSession(sessionId);
  }

  /** The events of a request with these commands; none when the domain rejects it. */
  request(...commands: SessionCommand[]): RecordedEvent[] {
    const command_id = randomUUID();
    this.clock += 1_000;
    const metadata: EventMetadata = {
      schema_version: 1,
      occurred_at: new Date(this.clock).toISOString(),
      actor: { role: 'agent', id: 'test' },
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

/** A session at several revisions, the first of them with one event. */
export function history(length: number): Session[] {
  const script = new Script();
  script.request(startSession);
  const states = [script.session];
  while (states.length < length) {
    script.request(turn(randomUUID(), { message_text: `turn ${states.length}` }));
    states.push(script.session);
  }
  return states;
}

/** The command whose first event has this revision, this many seconds after the first command. */
export function command(ids: string | string[], revision: number, count = 1): ProcessedCommand {
  const at = new Date(1_790_000_000_000 + 1_000 * revision).toISOString();
  return { ids: [ids].flat(), revision, count, hash: 'v2.h', at };
}

/** Writes rows as the owner of the only partition does, each batch from the position of the previous one. */
export class TablesWriter {
  private position = 0n;

  private constructor(
    private readonly rows: RowsStore,
    private writer: Writer,
  ) {}

  static async create(
    pool: Pool,
    keys?: DataKeys,
    textSearch: TextSearchScope = 'off',
  ): Promise<TablesWriter> {
    const owner = { partition: 0, owner: 'test', epoch: 1n };
    await pool.query(
      `INSERT INTO projection_slot (slot, prefixes, owner, epoch) VALUES ($1, '{}', $2, $3)
       ON CONFLICT (slot) DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch, position = NULL`,
      Object.values(owner),
    );
    const writer = { ...owner, position: null };
    return new TablesWriter(new RowsStore(pool, { keys, textSearch }), writer);
  }

  get owner(): Writer {
    return this.writer;
  }

  write(session_id: string, events: readonly RecordedEvent[]): Promise<readonly SetAside[]> {
    return this.writeItems(events.map((event) => ({ session_id, event, position: 0n })));
  }

  /** Assigns positions to the items. */
  async writeItems(unplaced: readonly TableItem[]): Promise<readonly SetAside[]> {
    const items = unplaced.map((item) => ({ ...item, position: (this.position += 10n) }));
    const failures = await this.rows.write(this.writer, items, this.position, null);
    this.writer = { ...this.writer, position: this.position };
    return failures;
  }
}
