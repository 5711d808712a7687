import type { Pool } from 'pg';
import type { JsonObject, Sender } from '#domain';
import { pageBytes, withinBytes } from '#platform';
import type { DataKeys } from '#privacy';
import { openTurns } from '../tables/row-seals.ts';
import { storableJson } from '../tables/storable.ts';
import type { ForkChoice, Page } from './conditions.ts';
import { Conditions } from './conditions.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { isoTime } from './sessions.ts';

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
  /** Of a turn of a fork: the session that this was forked from. */
  readonly forked_from: string | null;
  readonly revision: number;
}

interface TurnFilter {
  readonly session_id?: string | undefined;
  readonly partner_id?: string | undefined;
  readonly parsed_intent?: string | undefined;
  readonly sender?: Sender | undefined;
  /** `exclude` by default, unless a session is named. */
  readonly forks?: ForkChoice | undefined;
  /** What stands for the value of an entity, as in `turn_entity`. */
  readonly blind_index?: string | undefined;
  /** A value of an entity, where nothing is encrypted: it is compared as it is. */
  readonly entity?: { readonly name: string; readonly value: string | number | boolean } | undefined;
  /** ISO 8601, this time included; compared with the time by which turns are ordered. */
  readonly from?: string | undefined;
  /** ISO 8601, this time excluded. */
  readonly to?: string | undefined;
  /** Only those of these partners, and of sessions on these channels. */
  readonly partners?: readonly string[] | undefined;
  readonly channels?: readonly string[] | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
}

/** How many times as large as its text a sealed one is, about: four characters stand for three bytes. */
const sealedSize = 2;

/** Whether a turn is one of a fork: there are few, and an index has them alone. */
const ofFork = `EXISTS (SELECT FROM conversation_session AS f
  WHERE f.session_id = t.session_id AND f.forked_from IS NOT NULL)`;

/**
 * Turns, the oldest first. Those of one session are in the order of its stream, whatever the clocks of nodes said. A page
 * ends at `maxBytes`: PostgreSQL counts bytes roughly as the answer does, sends rows until they have so many, and says how many it
 * found.
 * @param keys what opens sealed texts; without them they stay as they are
 * @throws InvalidCursorError, KeyStoreUnavailableError
 */
export async function listTurns(
  pool: Pool,
  filter: TurnFilter,
  maxBytes = pageBytes,
  keys?: DataKeys,
): Promise<Page<TurnItem>> {
  const { forks = filter.session_id === undefined ? 'exclude' : 'include' } = filter;
  const conditions = new Conditions()
    .add('session_id = $?', filter.session_id)
    .add('partner_id = $?', filter.partner_id)
    .add('parsed_intent = $?', filter.parsed_intent)
    .add('sender = $?', filter.sender)
    .forks(forks, ofFork)
    .add('ordered_at >= $?', filter.from)
    .add('ordered_at < $?', filter.to)
    .add(
      '(ordered_at, session_id, revision) IN (SELECT ordered_at, session_id, revision FROM turn_entity WHERE blind_index = $?)',
      filter.blind_index,
    )
    .add('extracted_entities @> ANY($?::jsonb[])', filter.entity && entitiesWith(filter.entity))
    .add('partner_id = ANY($?::text[])', filter.partners)
    .add(
      'session_id IN (SELECT s.session_id FROM conversation_session AS s WHERE s.channel = ANY($?::text[]))',
      filter.channels,
    );
  if (filter.after !== undefined) {
    const place = decodeCursor(filter.after, ['time', 'uuid', 'number']);
    conditions.add('(ordered_at, session_id, revision) > ($?, $?::uuid, $?::bigint)', ...place);
  }
  const { rows } = await pool.query<TurnItem & { ordered_at: string; found: number }>(
    `SELECT turn_id, session_id, partner_id, ${isoTime('timestamp')} AS timestamp, sender, message_text,
       parsed_intent, extracted_entities, response_text, revision::int, ${isoTime('ordered_at')} AS ordered_at, found,
       (SELECT s.forked_from FROM conversation_session AS s WHERE s.session_id = t.session_id) AS forked_from
     FROM (SELECT *, count(*) OVER ()::int AS found, sum(octet_length(message_text) + octet_length(extracted_entities::text)
         + coalesce(octet_length(response_text), 0))
         OVER (ORDER BY ordered_at, session_id, revision ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
       FROM (SELECT * FROM conversation_turn AS t ${conditions.where()}
         ORDER BY t.ordered_at, t.session_id, t.revision LIMIT ${conditions.parameter(filter.limit + 1)}) AS page) AS t
     WHERE coalesce(bytes_before, 0) < ${conditions.parameter(keys ? sealedSize * maxBytes : maxBytes)}
     ORDER BY t.ordered_at, t.session_id, t.revision`,
    conditions.values,
  );
  const page = withinBytes(await openTurns(keys, rows.slice(0, filter.limit)), maxBytes);
  const last = page.at(-1);
  const next =
    last !== undefined && last.found > page.length
      ? encodeCursor([last.ordered_at, last.session_id, String(last.revision)])
      : null;
  return { items: page.map(({ ordered_at: _orderedAt, found: _found, ...item }) => item), next };
}

/** What the entities of a turn contain that has a value: by itself, or in a list. */
function entitiesWith({ name, value }: NonNullable<TurnFilter['entity']>): string[] {
  return [value, [value]].map((item) => storableJson({ [name]: item }));
}
