import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { Pool } from 'pg';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { EventMetadata, SessionCommand } from '#domain';
import { decideAll, newSession } from '#domain';
import { withBackingServices } from '#launcher';
import { inParallel } from '#platform';
import { digestTables } from '#read-models';
import { EventStore } from '#sessions';
import { rebuild } from '../apps/projector/src/rebuild/tables.ts';
import { median } from '../tools/shared/statistics.ts';

interface RebuildSize {
  readonly sessions: number;
  readonly turnsEach: number;
  readonly rounds: number;
  /** Whether the reference tables are written in batches, which takes long. */
  readonly batches: boolean;
}

export const fullRebuild: RebuildSize = { sessions: 25_000, turnsEach: 40, rounds: 3, batches: true };
export const quickRebuild: RebuildSize = { sessions: 1_000, turnsEach: 20, rounds: 2, batches: true };
/**
 * The minimum speed of a rebuild, relative to a COPY of the same rows into a table with the same indexes and
 * partitions.
 */
export const rebuildTarget = 0.4;

/** Turns per second. */
export interface RebuildSpeed {
  readonly turns: number;
  /** Written in batches, as by a projector. */
  readonly batches: number;
  readonly rebuilds: readonly number[];
  readonly copies: readonly number[];
  /** The median of the rounds' ratios. */
  readonly ratio: number;
  /** Whether all tables have the same digest as the reference tables. */
  readonly identical: boolean;
}

/** Rebuilds the tables from the streams and COPYs their turns, alternately several times in one run. */
export function measureRebuild(size: RebuildSize, report: (text: string) => void): Promise<RebuildSpeed> {
  process.env['KAFKA_BROKERS'] ??= 'off';
  return withBackingServices(async ({ env }) => {
    const [storeUrl, url] = [env['EVENTSTORE_URL'] ?? '', env['DATABASE_URL'] ?? ''];
    await fill(storeUrl, size, report);
    const pool = new Pool({ connectionString: url, max: 2 });
    const store = new EventStore(storeUrl);
    const rebuilds: number[] = [];
    const copies: number[] = [];
    const run = async (inBulk: boolean): Promise<number> => {
      const { seconds } = await rebuild({
        store,
        pool: (settings) => poolOf(url, settings),
        textSearch: 'off',
        inBulk,
      });
      return seconds;
    };
    try {
      const seconds = await run(!size.batches);
      const first = await digestTables(pool);
      const { rows: turns } = first.conversation_turn;
      report(`${turns} turns${size.batches ? ' by batches' : ''} in ${seconds.toFixed(1)} s`);
      let identical = true;
      for (let round = 1; round <= size.rounds; round += 1) {
        copies.push(turns / (await copySeconds(pool)));
        rebuilds.push(turns / (await run(true)));
        const same = JSON.stringify(await digestTables(pool)) === JSON.stringify(first);
        identical &&= same;
        report(
          `round ${round}: rebuild ${perSecond(rebuilds)}, COPY ${perSecond(copies)} turns/s; ` +
            `tables ${same ? 'identical' : 'DIFFERENT'}, turns ${first.conversation_turn.sha256.slice(0, 16)}…`,
        );
      }
      const ratio = median(rebuilds.map((speed, index) => speed / (copies[index] ?? Infinity)));
      return { turns, batches: turns / seconds, rebuilds, copies, ratio, identical };
    } finally {
      await Promise.all([pool.end(), store.dispose()]);
    }
  });
}

function perSecond(values: readonly number[]): string {
  return String(Math.round(values.at(-1) ?? 0));
}

function poolOf(connectionString: string, settings?: string): Pool {
  const onConnect = (client: { query(sql: string): Promise<unknown> }): unknown =>
    settings === undefined ? undefined : client.query(settings);
  return new Pool({ connectionString, max: 1, onConnect });
}

/** A COPY of the turns from another COPY into an empty table of the same structure. */
async function copySeconds(pool: Pool): Promise<number> {
  const [from, to] = [await pool.connect(), await pool.connect()];
  try {
    await to.query(`CREATE SCHEMA bench; CREATE TABLE bench.conversation_turn
      (LIKE public.conversation_turn INCLUDING ALL) PARTITION BY RANGE (ordered_at)`);
    const { rows } = await to.query<{ part: string; bound: string }>(
      `SELECT relname AS part, pg_get_expr(relpartbound, oid) AS bound FROM pg_class
       JOIN pg_inherits ON inhrelid = oid WHERE inhparent = 'public.conversation_turn'::regclass`,
    );
    for (const { part, bound } of rows)
      await to.query(`CREATE TABLE bench.${part} PARTITION OF bench.conversation_turn ${bound}`);
    const { rows: names } = await to.query<{ list: string }>(
      `SELECT string_agg(quote_ident(attname), ', ') AS list FROM pg_attribute
       WHERE attrelid = 'public.conversation_turn'::regclass AND attnum > 0 AND NOT attisdropped`,
    );
    const columns = names[0]?.list ?? '';
    const start = performance.now();
    await pipeline(
      from.query(copyTo(`COPY (SELECT ${columns} FROM public.conversation_turn) TO STDOUT`)),
      to.query(copyFrom(`COPY bench.conversation_turn (${columns}) FROM STDIN`)),
    );
    const seconds = (performance.now() - start) / 1_000;
    await to.query('DROP SCHEMA bench CASCADE');
    return seconds;
  } finally {
    from.release(true);
    to.release(true);
  }
}

const conversationsAtOnce = 8;
const spreadMs = 330 * 86_400_000;

/** Conversations of alternating questions and answers, over the last eleven months. */
async function fill(
  storeUrl: string,
  { sessions, turnsEach }: RebuildSize,
  report: (text: string) => void,
): Promise<void> {
  const client = EventStoreDBClient.connectionString(storeUrl);
  let done = 0;
  try {
    await inParallel(Array.from({ length: sessions }).keys(), conversationsAtOnce, async (index) => {
      const id = randomUUID();
      const start = Date.now() - spreadMs + (index / sessions) * spreadMs;
      const events = conversation(id, index, turnsEach, start);
      await client.appendToStream(`session-${id}`, events, { expectedRevision: NO_STREAM });
      done += 1;
      if (done % 5_000 === 0) report(`${done} of ${sessions} conversations are in the store`);
    });
  } finally {
    await client.dispose();
  }
}

function conversation(
  id: string,
  index: number,
  turns: number,
  start: number,
): ReturnType<typeof jsonEvent>[] {
  const commands: SessionCommand[] = [
    {
      type: 'StartSession',
      partner_id: `P${index % 10_000}`,
      channel: index % 3 === 0 ? 'ivr' : 'whatsapp',
      language: 'hi',
      region: null,
      name: null,
      device: null,
      expires_in_s: 86_400,
      memory: null,
    },
    { type: 'SetGoal', goal: 'resolve_payment', step: null },
    ...Array.from({ length: turns / 2 }, (_, turn): SessionCommand => question(index, turn)),
    { type: 'EndSession', reason: null },
  ];
  let at = start;
  const metadata = (): EventMetadata => ({
    schema_version: 1,
    occurred_at: new Date((at += 4_000)).toISOString(),
    actor: { role: 'agent', id: 'bench' },
    $correlationId: randomUUID(),
  });
  const outcome = decideAll(newSession(id), commands, { metadata, eventId: () => randomUUID() });
  if (!('events' in outcome)) throw new Error('The conversation is refused.');
  return outcome.events.map(({ event_id, type, data, metadata: facts }) =>
    jsonEvent({ id: event_id, type, data, metadata: facts }),
  );
}

function question(index: number, turn: number): SessionCommand {
  return {
    type: 'RecordTurn',
    turn_id: randomUUID(),
    sender: 'user',
    message_text: `My payout for October has not arrived (${index}.${turn}), please look into it.`,
    parsed_intent: ['ask_payment_status', 'order_status', 'greet', 'report_problem'][turn % 4] ?? null,
    intent_confidence: 0.93,
    extracted_entities: turn % 3 === 0 ? { month: 'October', order_id: `ORD${index}` } : {},
    in_reply_to: null,
    bot_action: null,
    message_id: null,
    response: {
      turn_id: randomUUID(),
      message_text: 'It is on its way and arrives within two working days.',
    },
  };
}
