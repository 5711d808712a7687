import { pageBytes, withinBytes } from '#platform';
import type { DataKeys } from '#privacy';
import type { Page } from './conditions.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { encodeFeed, startOfFeed } from './feed-cursor.ts';
import type { Queryable } from './queryable.ts';
import type { TurnFilter } from './turn-filter.ts';
import { turnConditions } from './turn-filter.ts';
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
  const conditions = turnConditions(filter);
  if (after !== undefined) {
    const place = decodeCursor(after, ['time', 'uuid', 'number']);
    const beyond = order === 'asc' ? '>' : '<';
    conditions.add(`(t.ordered_at, t.session_id, t.revision) ${beyond} ($?, $?::uuid, $?::bigint)`, ...place);
  }
  const orderBy = `ordered_at ${order}, session_id ${order}, revision ${order}`;
  const { turns, slots } = await selectTurns(db, { conditions, orderBy, limit, maxBytes, keys });
  const page = withinBytes(turns.slice(0, limit), maxBytes);
  const last = page.at(-1);
  const hasMore = last !== undefined && last.found > page.length;
  return {
    items: page.map(itemOf),
    next: hasMore ? encodeCursor([last.ordered_at, last.session_id, String(last.revision)]) : null,
    latest: after === undefined ? encodeFeed(startOfFeed(slots)) : null,
  };
}
