import { pageBytes, withinBytes } from '#platform';
import type { DataKeys } from '#privacy';
import type { Conditions, Page } from './conditions.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { encodeFeed, startOfFeed } from './feed-cursor.ts';
import type { Queryable } from './queryable.ts';
import type { TurnFilter } from './turn-filter.ts';
import { listedBy, turnConditions } from './turn-filter.ts';
import type { TurnItem } from './turn-rows.ts';
import { itemOf, selectTurns } from './turn-rows.ts';

export type Order = 'asc' | 'desc';

interface TurnPageRequest extends TurnFilter {
  /** By time; oldest first by default. */
  readonly order?: Order;
  readonly limit: number;
  readonly after?: string | undefined;
}

/** A page of turns; the first page also has the cursor from which `followTurns` continues with new turns. */
export interface TurnsPage extends Page<TurnItem> {
  readonly latest: string | null;
}

/**
 * Turns by time. Those of one session are in stream order, whatever the nodes' clocks said.
 * @param keys open sealed texts; without keys the texts stay sealed
 * @throws InvalidCursorError, KeyStoreUnavailableError
 */
export async function listTurns(
  db: Queryable,
  { order = 'asc', limit, after, ...filter }: TurnPageRequest,
  maxBytes = pageBytes,
  keys?: DataKeys,
): Promise<TurnsPage> {
  const { from, of, conditions } = sourceOf(filter);
  if (after !== undefined) {
    const place = decodeCursor(after, ['time', 'uuid', 'number']);
    const beyond = order === 'asc' ? '>' : '<';
    conditions.add(
      `(${of}.ordered_at, ${of}.session_id, ${of}.revision) ${beyond} ($?, $?::uuid, $?::bigint)`,
      ...place,
    );
  }
  const orderBy = (of: string): string =>
    ['ordered_at', 'session_id', 'revision'].map((column) => `${of}.${column} ${order}`).join(', ');
  const { turns, slots } = await selectTurns(db, {
    from,
    conditions,
    orderBy: orderBy('first'),
    firstBy: orderBy(of),
    limit,
    maxBytes,
    keys,
  });
  const page = withinBytes(turns.slice(0, limit), maxBytes);
  const last = page.at(-1);
  const hasMore = last !== undefined && last.found > page.length;
  return {
    items: page.map(itemOf),
    next: hasMore ? encodeCursor([last.ordered_at, last.session_id, String(last.revision)]) : null,
    latest: after === undefined ? encodeFeed(startOfFeed(slots)) : null,
  };
}

/**
 * Where turns come from, and what names their places. Those of a value or word are read from its list, in order: without further conditions a
 * page takes no longer when more turns have it, which PostgreSQL does not expect of a join.
 */
function sourceOf(filter: TurnFilter): { from?: string; of: string; conditions: Conditions } {
  const found = listedBy(filter);
  if (found === undefined) return { of: 't', conditions: turnConditions(filter) };
  const { listed, rest } = found;
  const conditions = turnConditions(rest, 'v')
    .add(`v.${listed.column} = $?`, listed.value)
    .add('v.ordered_at >= $?', filter.from)
    .add('v.ordered_at < $?', filter.to);
  const from = `${listed.table} AS v CROSS JOIN LATERAL (SELECT * FROM conversation_turn AS o
    WHERE (o.ordered_at, o.session_id, o.revision) = (v.ordered_at, v.session_id, v.revision) LIMIT 1) AS t`;
  return { from, of: 'v', conditions };
}
