import type { Owner } from '#read-models';
import { foldAsFarAsPossible, rewriteSession, setAsideEntry } from '#read-models';
import { startTypes } from '#sessions';
import type { PartitionDependencies } from '../common/dependencies.ts';
import type { SetAsideSessions } from '../set-aside/sessions.ts';

/** Thrown when the first events of a session are deleted: their effects cannot be reproduced. */
export class TruncatedSessionError extends Error {
  constructor(readonly session_id: string) {
    super(`The first events of session ${session_id} are deleted: it cannot be rewritten.`);
  }
}

/**
 * Rewrites the rows of a session from its stream, and removes its context, which is folded again when it is next
 * written or read. Call it while no batch of the partition's rows is being written.
 * @throws LeaseLostError, TruncatedSessionError, KeyStoreUnavailableError
 */
export async function healSession(
  { store, pool, keys, projection, textSearch }: PartitionDependencies,
  owner: Owner,
  setAside: SetAsideSessions,
  sessionId: string,
): Promise<void> {
  const gone = { session_id: sessionId, before: Number.MAX_SAFE_INTEGER, position: 0n };
  if (setAside.covers(sessionId, Number.MAX_SAFE_INTEGER)) {
    await projection.delete(gone);
    await setAside.retry([sessionId]);
    await setAside.note();
    return;
  }
  const { events, failure } = await foldAsFarAsPossible(store, sessionId);
  const [first] = events;
  if (first !== undefined && first.revision > 0 && ![...startTypes, 'SessionErased'].includes(first.type))
    throw new TruncatedSessionError(sessionId);
  const found = failure && setAsideEntry(sessionId, failure, failure);
  const entry = await rewriteSession(pool, owner, sessionId, events, found, keys, textSearch.scope);
  await projection.delete(gone);
  if (entry) await setAside.added([entry]);
}
