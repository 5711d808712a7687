import type { Pool } from 'pg';
import type { JsonObject } from '#domain';
import type { DataKeys } from '#privacy';
import { openTurns } from '../tables/sealed-columns.ts';
import { storableJson } from '../tables/storable.ts';
import type { ExpectedRows } from './expected-rows.ts';

/** A row in PostgreSQL's JSON form. */
export type Row = JsonObject;

/** The rows of one session, with turns opened, ordered by revision. */
export interface StoredRows {
  readonly session: Row | null;
  readonly turns: readonly Row[];
  readonly entities: readonly Row[];
  readonly tokens: readonly Row[];
  readonly references: readonly Row[];
  readonly milestones: readonly Row[];
  readonly words: readonly Row[];
  readonly correlations: readonly Row[];
  /** The event at which the session is set aside; null: it is not. */
  readonly setAsideAt: number | null;
  /** Time (ms) up to which the rows of its partition are known to be complete; null: unknown. */
  readonly currentUntil: number | null;
}

/** The columns of a turn that may be sealed. They are compared opened, and never sent in plain. */
const personalColumns = ['message_text', 'extracted_entities', 'response_text', 'message_id'] as const;

type Found = Omit<StoredRows, 'currentUntil'> & { readonly currentUntil: Date | null };
type Sealable = Parameters<typeof openTurns>[1][number];

/** The tables that are compared, besides that of the sessions. */
export const comparedTables = {
  turns: 'conversation_turn',
  entities: 'turn_entity',
  tokens: 'personal_token',
  references: 'session_reference',
  milestones: 'session_milestone',
  words: 'turn_word',
  correlations: 'event_correlation',
} as const;
export type ComparedRows = keyof typeof comparedTables;

/** The rows of sessions in these tables as JSON lists, as columns of a query. @param where a condition on a row `t` */
export function listsOfRows(where: string, schema = 'public'): string {
  const lists = Object.entries(comparedTables).map(([name, table]) => {
    // `position` has more digits than a JSON number keeps; the time a turn was written does not count.
    const more =
      {
        event_correlation: ` || jsonb_build_object('correlation', t.correlation::text)`,
        conversation_turn: ` - 'written'`,
      }[table as string] ?? '';
    return `(SELECT coalesce(jsonb_agg(to_jsonb(t)${more}), '[]') FROM ${schema}.${table} AS t WHERE ${where}) AS "${name}"`;
  });
  return lists.join(', ');
}

/** All rows of a session in one snapshot. @throws KeyStoreUnavailableError */
export async function readRows(pool: Pool, sessionId: string, keys?: DataKeys): Promise<StoredRows> {
  const { rows } = await pool.query<Found>(
    `SELECT
       (SELECT to_jsonb(s) FROM conversation_session AS s WHERE session_id = $1::uuid) AS session,
       ${listsOfRows('t.session_id = $1::uuid')},
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

/** The expected session, turns and milestones in the form of stored rows: times, numbers and names as PostgreSQL formats them. */
export async function asStored(
  pool: Pool,
  { session, turns, milestones }: ExpectedRows,
): Promise<Pick<StoredRows, 'session' | 'turns' | 'milestones'>> {
  const plain = turns.map((turn) =>
    Object.fromEntries(Object.entries(turn).filter(([name]) => !isPersonal(name))),
  );
  const { rows } = await pool.query<{ session: Row | null; turns: Row[]; milestones: Row[] }>(
    `SELECT CASE WHEN $1::json IS NOT NULL
         THEN to_jsonb(json_populate_record(NULL::conversation_session, $1::json)) END AS session,
       (SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY t.revision), '[]')
         FROM json_populate_recordset(NULL::conversation_turn, $2::json) AS t) AS turns,
       (SELECT coalesce(jsonb_agg(to_jsonb(m)), '[]')
         FROM json_populate_recordset(NULL::session_milestone, $3::json) AS m) AS milestones`,
    [session === undefined ? null : storableJson(session), storableJson(plain), storableJson(milestones)],
  );
  const [found] = rows;
  if (found === undefined) throw new Error('PostgreSQL did not answer.');
  const columns = turns.toSorted((a, b) => a.revision - b.revision).map((turn) => personalOf(turn));
  return {
    milestones: found.milestones,
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
