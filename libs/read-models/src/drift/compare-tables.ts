import type { Pool } from 'pg';
import type { DataKeys } from '#privacy';
import { rebuildSchema } from '../tables/rebuild.ts';
import { openTurns } from '../tables/sealed-columns.ts';
import type { TextSearchScope } from '../text-search/config.ts';
import type { Difference } from './difference.ts';
import { rowDifferences } from './row-differences.ts';
import type { ComparedRows, Row, StoredRows } from './stored-rows.ts';
import { comparedTables, listsOfRows } from './stored-rows.ts';

/** A session whose rows are at two different revisions; -1: no row. */
export interface MovedSession {
  readonly session_id: string;
  readonly in_use: number;
  readonly standby: number;
}

/** The tables in use compared with the standby tables, session by session. */
export interface TableComparison {
  readonly compared: number;
  readonly different: number;
  /** Sessions at different revisions in the two, which were not compared. */
  readonly moved: readonly MovedSession[];
  /** How many sessions differ, by kind such as `session.language` or `turn missing`. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Some of the differences; the expected value is that of the standby tables. */
  readonly samples: readonly (Difference & { readonly session_id: string })[];
}

const sessionsPerPage = 200;
const mostSamples = 100;
const mostPerSession = 5;
type SessionRows = Pick<StoredRows, 'session' | ComparedRows>;
type Sealable = Parameters<typeof openTurns>[1][number];

/**
 * Compares the rows of all sessions, or of these. Sealed columns are compared opened, words and references only if they are
 * written; the time a row was written does not count.
 * @throws KeyStoreUnavailableError
 */
export async function compareTables(
  pool: Pool,
  keys: DataKeys | undefined,
  textSearch: TextSearchScope,
  sessionIds?: readonly string[],
): Promise<TableComparison> {
  const result = new Comparison({ references: keys === undefined, words: textSearch !== 'off' });
  for await (const ids of pages(pool, sessionIds)) {
    // Reads the tables in use first: an event written in between then only makes the standby tables newer.
    const inUse = await rowsOf(pool, 'public', ids, keys);
    const standby = await rowsOf(pool, rebuildSchema, ids, keys);
    for (const id of ids) result.add(id, inUse.get(id), standby.get(id));
  }
  return result;
}

class Comparison implements TableComparison {
  compared = 0;
  different = 0;
  readonly moved: MovedSession[] = [];
  readonly kinds: Record<string, number> = {};
  readonly samples: (Difference & { readonly session_id: string })[] = [];

  constructor(private readonly written: Parameters<typeof rowDifferences>[2]) {}

  add(session_id: string, inUse: SessionRows | undefined, standby: SessionRows | undefined): void {
    const place = { session_id, in_use: revisionOf(inUse), standby: revisionOf(standby) };
    if (place.in_use !== place.standby) {
      this.moved.push(place);
      return;
    }
    this.compared += 1;
    if (!inUse?.session || !standby?.session) return;
    const found = { ...inUse, setAsideAt: null, currentUntil: null };
    const expected = { ...standby, session: standby.session };
    const differences = rowDifferences(expected, found, this.written);
    if (differences.length === 0) return;
    this.different += 1;
    for (const kind of new Set(differences.map(nameOf))) this.kinds[kind] = (this.kinds[kind] ?? 0) + 1;
    const room = Math.min(mostPerSession, mostSamples - this.samples.length);
    this.samples.push(...differences.slice(0, room).map((difference) => ({ session_id, ...difference })));
  }
}

function revisionOf(rows: SessionRows | undefined): number {
  return Number(rows?.session?.['revision'] ?? -1);
}

function nameOf({ kind, problem, field }: Difference): string {
  return problem === 'changed' ? `${kind}.${field}` : `${kind} ${problem}`;
}

async function* pages(pool: Pool, sessionIds?: readonly string[]): AsyncGenerator<readonly string[]> {
  if (sessionIds) {
    for (let from = 0; from < sessionIds.length; from += sessionsPerPage)
      yield sessionIds.slice(from, from + sessionsPerPage);
    return;
  }
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const page = (schema: string): string => `(SELECT session_id FROM ${schema}.conversation_session
      WHERE session_id > $1::uuid ORDER BY session_id LIMIT ${sessionsPerPage})`;
    const { rows } = await pool.query<{ session_id: string }>(
      `${page('public')} UNION ${page(rebuildSchema)} ORDER BY session_id LIMIT ${sessionsPerPage}`,
      [after],
    );
    if (rows.length === 0) return;
    yield rows.map(({ session_id }) => session_id);
    after = rows.at(-1)?.session_id ?? after;
  }
}

async function rowsOf(
  pool: Pool,
  schema: string,
  ids: readonly string[],
  keys: DataKeys | undefined,
): Promise<ReadonlyMap<string, SessionRows>> {
  const ofThese = 't.session_id = ANY ($1::uuid[])';
  const { rows } = await pool.query<Record<'sessions' | ComparedRows, Row[]>>(
    `SELECT (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM ${schema}.conversation_session AS t WHERE ${ofThese}) AS sessions,
       ${listsOfRows(ofThese, schema)}`,
    [ids],
  );
  const [found] = rows;
  if (found === undefined) throw new Error('PostgreSQL did not answer.');
  const turns = await openTurns(keys, found.turns as unknown as Sealable[]);
  const all = { ...found, turns: turns as unknown as Row[] };
  const names = Object.keys(comparedTables) as ComparedRows[];
  const bySession = names.map((name) => [name, Map.groupBy(all[name], idOf)] as const);
  return new Map(
    found.sessions.map((session) => {
      const id = idOf(session);
      const ofSession = bySession.map(([name, lists]) => [name, lists.get(id) ?? []] as const);
      return [id, { session, ...(Object.fromEntries(ofSession) as Record<ComparedRows, Row[]>) }];
    }),
  );
}

function idOf(row: Row): string {
  const id = row['session_id'];
  return typeof id === 'string' ? id : '';
}
