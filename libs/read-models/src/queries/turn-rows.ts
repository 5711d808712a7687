import type { JsonObject, Sender } from '#domain';
import type { DataKeys } from '#privacy';
import { openTurns } from '../tables/sealed-columns.ts';
import type { Conditions } from './conditions.ts';
import type { SlotPosition } from './feed-cursor.ts';
import type { Queryable } from './queryable.ts';
import { isoTime } from './iso-time.ts';

/** A turn as callers get it. */
export interface TurnItem {
  readonly turn_id: string;
  readonly session_id: string;
  readonly partner_id: string;
  readonly timestamp: string;
  readonly sender: Sender;
  readonly message_text: string;
  readonly parsed_intent: string | null;
  readonly extracted_entities: JsonObject;
  readonly response_text: string | null;
  /** For a turn of a fork: the session that it was forked from. */
  readonly forked_from: string | null;
  readonly revision: number;
  /** Null in rows of older versions, like all fields below. */
  readonly channel: string | null;
  readonly intent_confidence: number | null;
  readonly bot_action: string | null;
  readonly goal: string | null;
  readonly inquiry_id: string | null;
  readonly actor_role: string | null;
  readonly actor_id: string | null;
}

/** A turn with its places, and the number of rows found from the start of the page on: at most one more than the limit. */
interface FoundTurn extends TurnItem {
  readonly ordered_at: string;
  readonly written: string;
  readonly found: number;
  /** Its row number in the page, from 1. */
  readonly place: string;
}

interface Selection {
  /** Where turns `t` come from; conditions and order may name what else is there. */
  readonly from?: string;
  readonly conditions: Conditions;
  /** The order of the turns, of `first`. */
  readonly orderBy: string;
  /** The same order of what they come from, if that is something else. */
  readonly firstBy?: string;
  readonly limit: number;
  readonly maxBytes: number;
  readonly keys: DataKeys | undefined;
}

/** About how many times larger than its text a sealed text is: base64 needs four characters for three bytes. */
const sealedSize = 2;

/** The columns of a turn, of `t`. */
export const turnColumns = `t.turn_id, t.session_id, t.partner_id, ${isoTime('t.timestamp')} AS timestamp, t.sender, t.message_text,
  t.parsed_intent, t.extracted_entities, t.response_text, t.revision::int, t.channel, t.intent_confidence, t.bot_action,
  t.goal, t.inquiry_id, t.actor_role, t.actor_id,
  (SELECT s.forked_from FROM conversation_session AS s WHERE s.session_id = t.session_id) AS forked_from`;

/**
 * The first turns in an order, opened, and from the same snapshot how far each partition's rows are written. Limited by bytes: PostgreSQL
 * estimates the size of the answer, sends rows up to the limit, and reports how many it found.
 */
export async function selectTurns(
  db: Queryable,
  {
    from = 'conversation_turn AS t',
    conditions,
    orderBy,
    firstBy = orderBy,
    limit,
    maxBytes,
    keys,
  }: Selection,
): Promise<{ turns: FoundTurn[]; slots: readonly SlotPosition[] }> {
  const { rows } = await db.query<Partial<FoundTurn> & { slots: SlotPosition[] | null }>(
    `SELECT CASE WHEN coalesce(place, 1) = 1 THEN slots.slots END AS slots, page.* FROM (
       SELECT json_agg(json_build_object('prefixes', prefixes,
         'written', greatest(written, coalesce(position, 0) * 1024)::text)) AS slots FROM projection_slot
     ) AS slots LEFT JOIN (
       SELECT ${turnColumns}, ${isoTime('t.ordered_at')} AS ordered_at, t.written::text AS written, found, place
       FROM (SELECT *, count(*) OVER ()::int AS found, row_number() OVER (ORDER BY ${orderBy}) AS place,
           sum(octet_length(message_text) + octet_length(extracted_entities::text) + coalesce(octet_length(response_text), 0))
             OVER (ORDER BY ${orderBy} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
         FROM (SELECT t.* FROM ${from} ${conditions.where()}
           ORDER BY ${firstBy} LIMIT ${conditions.parameter(limit + 1)}) AS first) AS t
       WHERE coalesce(bytes_before, 0) < ${conditions.parameter(keys ? sealedSize * maxBytes : maxBytes)}
     ) AS page ON true ORDER BY page.place`,
    conditions.values,
  );
  const turns = rows.filter(isTurn).map(({ slots: _slots, ...turn }) => turn);
  return { turns: await openTurns(keys, turns), slots: rows[0]?.slots ?? [] };
}

function isTurn<T>(row: Partial<FoundTurn> & T): row is FoundTurn & T {
  return typeof row.turn_id === 'string';
}

/** A turn without its places. */
export function itemOf(turn: FoundTurn): TurnItem {
  const { ordered_at: _at, written: _written, found: _found, place: _place, ...item } = turn;
  return item;
}
