import { pageBytes, withinBytes } from '#platform';
import type { DataKeys } from '#privacy';
import type { Page } from './conditions.ts';
import { advanceFeed, decodeFeed, encodeFeed, wholeFeed } from './feed-cursor.ts';
import type { Queryable } from './queryable.ts';
import type { TurnFilter } from './turn-filter.ts';
import { turnConditions } from './turn-filter.ts';
import type { TurnItem } from './turn-rows.ts';
import { itemOf, selectTurns } from './turn-rows.ts';

/** The index of a row in the cursor's vector: by the first two digits of its session. */
const pair = 'get_byte(uuid_send(t.session_id), 0) + 1';

/**
 * Turns in the order in which they became visible. Following `next` returns every turn exactly once, although partitions commit
 * theirs in any order. Rows rewritten by a rebuild or a redrive may be returned again.
 * @param after the cursor to continue from; left out: from the first turn
 * @throws InvalidCursorError, KeyStoreUnavailableError
 */
export async function followTurns(
  db: Queryable,
  { limit, after, ...filter }: TurnFilter & { readonly limit: number; readonly after?: string | undefined },
  maxBytes = pageBytes,
  keys?: DataKeys,
): Promise<Page<TurnItem>> {
  const before = after === undefined ? wholeFeed : decodeFeed(after);
  const least = before.reduce(
    (min, { written }) => (written < min ? written : min),
    before[0]?.written ?? 0n,
  );
  const conditions = turnConditions(filter)
    .add('t.written >= $?::bigint', String(least))
    .add(
      `(t.written, t.session_id, t.revision) > (($?::bigint[])[${pair}], ($?::uuid[])[${pair}], ($?::bigint[])[${pair}])`,
      before.map(({ written }) => String(written)),
      before.map(({ session_id }) => session_id),
      before.map(({ revision }) => revision),
    );
  const orderBy = 'written, session_id, revision';
  const { turns, slots } = await selectTurns(db, { conditions, orderBy, limit, maxBytes, keys });
  const page = withinBytes(turns.slice(0, limit), maxBytes);
  const last = page.at(-1);
  const hasMore = last !== undefined && last.found > page.length;
  const reached = hasMore ? { ...last, written: BigInt(last.written) } : undefined;
  return { items: page.map(itemOf), next: encodeFeed(advanceFeed(before, slots, reached)) };
}
