import { randomUUID } from 'node:crypto';
import type { EventData } from '@eventstore/db-client';
import { saysNothing, StoreUnavailableError } from '../client/errors.ts';
import type { EventStore } from '../store.ts';
import { sessionStream } from '../streams.ts';
import { bytesOf } from './bytes.ts';
import { linkAfter } from './link.ts';
import type { HistoryKeys, HistorySigner, Signed } from './signing.ts';

/** The record that the events of a session before a revision are removed, and why. */
export interface Removal {
  readonly session_id: string;
  readonly before: number;
  /** The hash of the last removed event; null: it could not be read. */
  readonly chain: string | null;
  readonly reason: 'retention' | 'erasure' | 'encrypt-history';
  /** ISO 8601. */
  readonly at: string;
}

type Reason = Removal['reason'];

const attempts = 20;

/** Each session has its own stream of removals, so that they are found without an index. */
function removalStream(sessionId: string): string {
  return `removed-${sessionId}`;
}

/**
 * Records that a session's events are about to be removed: all of them, or those before a revision. Recorded before the removal, so that
 * every removal has a record; a record whose removal was not carried out is harmless.
 * @returns the revision of the last removed event; -1: there is none
 * @throws StoreUnavailableError
 */
export async function recordRemoval(
  store: EventStore,
  session_id: string,
  { reason, before, signer }: { reason: Reason; before?: number; signer: HistorySigner | undefined },
): Promise<number> {
  const stream = sessionStream(session_id);
  const last = before === undefined ? Number((await store.readLast(stream))?.revision ?? -1) : before - 1;
  if (last < 0) return -1;
  const [event] = await Array.fromAsync(store.readExact(stream, { from: last, limit: 1 }));
  const isThere = event !== undefined && Number(event.revision) === last;
  const chain = isThere ? linkAfter(stream, bytesOf(event)) : null;
  const removal = { session_id, before: last + 1, chain, reason, at: new Date().toISOString() };
  await appendRemoval(store, removal, signer);
  return last;
}

/** Removes what an erased session said before a revision from its stream. @throws StoreUnavailableError */
export async function truncateErased(
  store: EventStore,
  sessionId: string,
  before: number,
  signer: HistorySigner | undefined,
): Promise<void> {
  await recordRemoval(store, sessionId, { reason: 'erasure', before, signer });
  await store.truncateStream(sessionStream(sessionId), before);
}

/** As `recordRemoval`, with the facts given by the caller. An existing record stays. @throws StoreUnavailableError */
async function appendRemoval(
  store: EventStore,
  removal: Removal,
  signer: HistorySigner | undefined,
): Promise<void> {
  const stream = removalStream(removal.session_id);
  const statement = JSON.stringify({ version: 1, kind: 'removal', ...removal });
  const data = signer?.sign(statement) ?? { statement, signature: null, key_id: null };
  const event: EventData = {
    contentType: 'application/json',
    id: randomUUID(),
    type: 'HistoryRemoved',
    data: { ...data },
    metadata: { schema_version: 1, occurred_at: removal.at, actor: { role: 'system', id: removal.reason } },
  };
  const last = await store.readLast(stream);
  if (last !== undefined && isSame(parseRemoval((last.data as unknown as Signed).statement), removal)) return;
  let revision = Number(last?.revision ?? -1);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const outcome = await store.append(stream, [event], revision);
    if (outcome.appended) return;
    revision = outcome.revision;
  }
  throw new StoreUnavailableError({ cause: `${stream} changed ${attempts} times meanwhile` });
}

/**
 * The recorded removals of a session, oldest first. With public keys, only records signed with one of them count.
 * @throws StoreUnavailableError
 */
export async function readRemovals(
  store: EventStore,
  sessionId: string,
  keys: HistoryKeys,
): Promise<Removal[]> {
  const removals: Removal[] = [];
  try {
    for await (const { data } of store.read(removalStream(sessionId))) {
      const signed = data as unknown as Signed;
      if (keys.isKnown && keys.check(signed) !== 'valid') continue;
      const removal = parseRemoval(signed.statement);
      if (removal?.session_id === sessionId) removals.push(removal);
    }
  } catch (error) {
    // A damaged record is ignored.
    if (saysNothing(error)) throw error;
  }
  return removals;
}

function isSame(known: Removal | undefined, { before, chain }: Removal): boolean {
  return known?.before === before && known.chain === chain;
}

/** Other programs may have written anything. */
function parseRemoval(statement: unknown): Removal | undefined {
  try {
    const removal = JSON.parse(String(statement)) as Removal & { kind: unknown };
    return removal.kind === 'removal' && Number.isSafeInteger(removal.before) ? removal : undefined;
  } catch {
    return undefined;
  }
}
