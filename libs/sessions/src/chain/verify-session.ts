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
  const stream = sessionStream(session_id);
  const sealed = await roots.sealedOf(stream, store.signal);
  const { hashes } = sealed;
  for (const [, revision, chain] of leaves) hashes.set(revision, chain);
  const check = await checkEvents(store, session_id, roots, keys, hashes);
  const report = reportOf(session_id, check);
  const isKnown = report.events > 0 || hashes.size > 0 || report.gaps.length > 0 || !report.intact;
  if (!isKnown) return undefined;
  const root_faults = roots.concerning(sealed, check.began);
  const sealed_to = hashes.size === 0 ? null : Math.max(...hashes.keys());
  return { ...report, intact: report.intact && root_faults.length === 0, sealed_to, root_faults };
}

/** Checks the events of a session alone. @throws StoreUnavailableError */
export async function verifyEvents(
  store: EventStore,
  session_id: string,
  roots: Roots,
  keys: HistoryKeys,
): Promise<StreamReport> {
  return reportOf(session_id, await checkEvents(store, session_id, roots, keys, new Map()));
}

async function checkEvents(
  store: EventStore,
  session_id: string,
  { mayBeUnchained }: Roots,
  keys: HistoryKeys,
  sealed: ReadonlyMap<number, string>,
): Promise<ChainCheck> {
  const stream = sessionStream(session_id);
  const removals = await readRemovals(store, session_id, keys);
  const check = new ChainCheck({ stream, removals, sealed, mayBeUnchained });
  return check.run(checkedEvents(store, stream));
}

function reportOf(session_id: string, { events, revision, chain, faults, gaps }: ChainCheck): StreamReport {
  const intact = faults.length === 0;
  return { session_id, intact, events, revision, chain, sealed_to: null, faults, root_faults: [], gaps };
}
