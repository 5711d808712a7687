import type { Pool } from 'pg';
import type { JsonObject } from '#domain';
import type { DataKeys } from '#privacy';
import { openTurns } from '../tables/row-seals.ts';
import { storableJson } from '../tables/storable.ts';
import type { ExpectedRows } from './expected-rows.ts';

/** A row as JSON, as PostgreSQL makes it. */
export type Row = JsonObject;

/** The rows of one session, those of turns opened, by revision. */
export interface StoredRows {
  readonly session: Row | null;
  readonly turns: readonly Row[];
  readonly entities: readonly Row[];
  readonly tokens: readonly Row[];
  readonly references: readonly Row[];
  /** The event at which the session is set aside; null: it is not. */
  readonly setAsideAt: number | null;
  /** Time (ms) until which the rows of its partition are known to be current; null: it is not known. */
  readonly currentUntil: number | null;
}

/** The columns of a turn that may be sealed. They are compared as they open, and never sent in plain. */
export const personalColumns = ['message_text', 'extracted_entities', 'response_text', 'message_id'] as const;

type Found = Omit<StoredRows, 'currentUntil'> & { readonly currentUntil: Date | null };
type Sealable = Parameters<typeof openTurns>[1][number];

/** All that the tables have of a session at one moment. @throws KeyStoreUnavailableError */
export async function readRows(pool: Pool, sessionId: string, keys?: DataKeys): Promise<StoredRows> {
  const { rows } = await pool.query<Found>(
    `SELECT
       (SELECT to_jsonb(s) FROM conversation_session AS s WHERE session_id = $1::uuid) AS session,
       (SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY t.revision), '[]') FROM conversation_turn AS t
         WHERE session_id = $1::uuid) AS turns,
       (SELECT coalesce(jsonb_agg(to_jsonb(e)), '[]') FROM turn_entity AS e WHERE session_id = $1::uuid) AS entities,
       (SELECT coalesce(jsonb_agg(to_jsonb(p)), '[]') FROM personal_token AS p WHERE session_id = $1::uuid) AS tokens,
       (SELECT coalesce(jsonb_agg(to_jsonb(r)), '[]') FROM session_reference AS r WHERE session_id = $1::uuid)
         AS "references",
       (SELECT revision::int FROM set_aside_session WHERE session_id = $1::text) AS "setAsideAt",
       (SELECT current_until FROM projection_slot
         WHERE EXISTS (SELECT FROM unnest(prefixes) AS p WHERE starts_with('session-' || $1::text, p)))
         AS "currentUntil"`,
    [sessionId],
  );
  const [found] = rows;
  if (found === undefined) throw new Error('PostgreSQL did not answer.');
  const turns = await openTurns(keys, found.turns as unknown as Sealable[]);
  return {
    ...found,
    turns: turns as unknown as Row[],
    currentUntil: found.currentUntil?.getTime() ?? null,
  };
}

/** Expected rows of the session and its turns in the form of stored ones: times, numbers and names as PostgreSQL has them. */
export async function asStored(
  pool: Pool,
  { session, turns }: ExpectedRows,
): Promise<{ session: Row | null; turns: readonly Row[] }> {
  const plain = turns.map((turn) =>
    Object.fromEntries(Object.entries(turn).filter(([name]) => !isPersonal(name))),
  );
  const { rows } = await pool.query<{ session: Row | null; turns: Row[] }>(
    `SELECT CASE WHEN $1::json IS NOT NULL
         THEN to_jsonb(json_populate_record(NULL::conversation_session, $1::json)) END AS session,
       (SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY t.revision), '[]')
         FROM json_populate_recordset(NULL::conversation_turn, $2::json) AS t) AS turns`,
    [session === undefined ? null : storableJson(session), storableJson(plain)],
  );
  const [found] = rows;
  if (found === undefined) throw new Error('PostgreSQL did not answer.');
  const columns = turns.toSorted((a, b) => a.revision - b.revision).map((turn) => personalOf(turn));
  return {
    session: session && found.session ? only(found.session, Object.keys(session)) : null,
    turns: found.turns.map((turn, index) => ({
      ...only(turn, Object.keys(plain[index] ?? {})),
      ...columns[index],
    })),
  };
}

function isPersonal(name: string): boolean {
  return personalColumns.some((column) => column === name);
}

function personalOf(turn: ExpectedRows['turns'][number]): Row {
  return Object.fromEntries(personalColumns.map((column) => [column, turn[column]]));
}

/** The columns that are derived from events; a table may have others. */
function only(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
}
