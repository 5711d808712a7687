import type { Pool } from 'pg';
import { sleep } from '#platform';
import type { DataKeys } from '#privacy';
import type { EventStore } from '#sessions';
import type { TextSearchScope } from '../text-search/config.ts';
import { contextDifferences } from './context-differences.ts';
import type { Difference } from './difference.ts';
import { differs, placeOf } from './difference.ts';
import { expectedRows } from './expected-rows.ts';
import type { History } from './history.ts';
import { foldHistory } from './history.ts';
import { rowDifferences } from './row-differences.ts';
import type { StoredContext, StoredContexts } from './stored-context.ts';
import type { StoredRows } from './stored-rows.ts';
import { asStored, readRows } from './stored-rows.ts';

/** The sources that a check reads. */
export interface DriftSources {
  readonly store: EventStore;
  readonly pool: Pool;
  readonly contexts: StoredContexts;
  readonly keys?: DataKeys | undefined;
  /** The projectors' setting; `off`: words are not compared. */
  readonly textSearch: TextSearchScope;
}

interface DriftOptions {
  /** Sessions with more events are not checked. */
  readonly mostEvents: number;
  /** Pause before the second look at a difference (ms): only differences found twice count. */
  readonly confirmMs: number;
  readonly signal?: AbortSignal;
}

/** Not checked: the first events are deleted, there are too many events, or the session is unknown. */
export type DriftResult = 'equal' | 'different' | 'truncated' | 'too_long' | 'unknown';

export interface SessionCheck {
  readonly session_id: string;
  readonly result: DriftResult;
  readonly differences: readonly Difference[];
}

/** How much older than the tables' known state an event must be to count as missing (ms): clocks differ. */
const marginMs = 10_000;
/** Differences reported per session. */
const mostDifferences = 100;

/**
 * Compares context and rows of a session with its stream, each at its own revision, so that concurrent writes do not
 * matter. A missing context is no difference: it is folded on demand.
 * @param sessionId a UUID
 * @throws StoreUnavailableError, KeyStoreUnavailableError
 */
export async function checkSession(
  sources: DriftSources,
  sessionId: string,
  options: DriftOptions,
): Promise<SessionCheck> {
  const first = await look(sources, sessionId, options.mostEvents);
  if (first.result !== 'different') return first;
  await sleep(options.confirmMs, options.signal);
  const second = await look(sources, sessionId, options.mostEvents);
  const places = new Set(first.differences.map(placeOf));
  const differences = second.differences.filter((difference) => places.has(placeOf(difference)));
  const isEqual = second.result === 'different' && differences.length === 0;
  return {
    ...second,
    result: isEqual ? 'equal' : second.result,
    differences: differences.slice(0, mostDifferences),
  };
}

async function look(sources: DriftSources, session_id: string, mostEvents: number): Promise<SessionCheck> {
  const { store, pool, contexts, keys } = sources;
  const [context, rows] = await Promise.all([contexts.read(session_id), readRows(pool, session_id, keys)]);
  const answer = (result: DriftResult, differences: readonly Difference[] = []): SessionCheck => ({
    session_id,
    result,
    differences,
  });
  const standing = Math.max(context?.revision ?? -1, Number(rows.session?.['revision'] ?? -1));
  if (standing >= mostEvents) return answer('too_long');
  const history = await foldHistory(store, session_id, context?.revision ?? -1, mostEvents);
  if (history.isLong) return answer('too_long');
  const isErased = history.events.at(-1)?.type === 'SessionErased';
  if (history.isTruncated && !isErased) return answer('truncated');
  const isKnown = context !== undefined || rows.session !== null || rows.turns.length > 0;
  if (!isKnown && history.revision < 0 && history.failedAt === null) return answer('unknown');
  const differences = [
    ...(context && !history.isTruncated ? ofContext(history, context, rows) : []),
    ...(await ofRows(sources, history, rows, session_id)),
  ];
  return answer(differences.length > 0 ? 'different' : 'equal', differences);
}

function ofContext(history: History, context: StoredContext, rows: StoredRows): Difference[] {
  const { revision } = context;
  if (revision > history.revision) return [differs('context', 'ahead', revision)];
  const behind = revision < reached(history, rows) ? [differs('context', 'behind', revision)] : [];
  return history.at === undefined ? behind : [...behind, ...contextDifferences(history.at, context)];
}

async function ofRows(
  { pool, keys, textSearch }: DriftSources,
  history: History,
  rows: StoredRows,
  sessionId: string,
): Promise<Difference[]> {
  const least = reached(history, rows);
  const erasedAt = history.events.find(({ type }) => type === 'SessionErased')?.revision;
  // The rows of an erased session are removed before its end is projected.
  if (erasedAt !== undefined && least < erasedAt && (rows.session === null || history.isTruncated)) return [];
  const revision = rows.session === null ? least : Number(rows.session['revision']);
  if (revision > history.revision) return [differs('session', 'ahead', revision)];
  const events = history.events.filter((event) => event.revision <= revision);
  const expected = await expectedRows(sessionId, events, keys, textSearch);
  const stored = await asStored(pool, expected);
  const differences = rowDifferences({ ...expected, ...stored }, rows, {
    references: keys === undefined,
    words: textSearch !== 'off',
  });
  if (rows.session === null) {
    // Without the session's row it is unknown how far the other rows are.
    if (expected.session !== undefined) return [differs('session', 'missing', null)];
    return erasedAt === undefined && history.revision >= 0 ? [] : differences;
  }
  return revision < least ? [differs('session', 'behind', revision), ...differences] : differences;
}

/** The revision that rows and context have certainly reached, judged by the tables' known state; -1: none. */
function reached({ events, storedAt, failedAt }: History, { currentUntil, setAsideAt }: StoredRows): number {
  if (currentUntil === null) return -1;
  const end = Math.min(failedAt ?? Infinity, setAsideAt ?? Infinity);
  const index = storedAt.findLastIndex(
    (at, place) => at < currentUntil - marginMs && (events[place]?.revision ?? end) < end,
  );
  return events[index]?.revision ?? -1;
}
