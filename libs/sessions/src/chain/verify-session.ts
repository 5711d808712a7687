import type { EventStore } from '../store.ts';
import { sessionStream } from '../streams.ts';
import { checkedEvents } from './checked-events.ts';
import { readRemovals } from './removals.ts';
import type { StreamReport } from './report.ts';
import type { Leaf } from './roots/leaves.ts';
import type { Roots } from './roots/roots.ts';
import type { HistoryKeys } from './signing.ts';
import { ChainCheck } from './verify.ts';

/**
 * Checks the history of a session: every event against its predecessor, and the whole history against the signed roots.
 * @param leaves verified leaves of the session that are known already
 * @returns undefined when neither the store nor a root knows the session
 * @throws StoreUnavailableError
 */
export async function verifySession(
  store: EventStore,
  session_id: string,
  roots: Roots,
  keys: HistoryKeys,
  leaves: readonly Leaf[] = [],
): Promise<StreamReport | undefined> {
  const sealed = await roots.sealedOf(sessionStream(session_id), store.signal);
  for (const [, revision, chain] of leaves) sealed.set(revision, chain);
  const report = await verifyEvents(store, session_id, roots, keys, sealed);
  const isKnown = report.events > 0 || sealed.size > 0 || report.gaps.length > 0 || !report.intact;
  return isKnown
    ? { ...report, sealed_to: sealed.size === 0 ? null : Math.max(...sealed.keys()) }
    : undefined;
}

/** Checks the events of a session alone, and against the hashes that are given. @throws StoreUnavailableError */
export async function verifyEvents(
  store: EventStore,
  session_id: string,
  { mayBeUnchained }: Roots,
  keys: HistoryKeys,
  sealed: ReadonlyMap<number, string> = new Map(),
): Promise<StreamReport> {
  const stream = sessionStream(session_id);
  const removals = await readRemovals(store, session_id, keys);
  const check = new ChainCheck({ stream, removals, sealed, mayBeUnchained });
  const { events, revision, chain, faults, gaps } = await check.run(checkedEvents(store, stream));
  const intact = faults.length === 0;
  return { session_id, intact, events, revision, chain, sealed_to: null, faults, gaps };
}
