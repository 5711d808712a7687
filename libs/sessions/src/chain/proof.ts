import { assertWanted } from '#platform';
import type { EventStore } from '../store.ts';
import { sessionStream } from '../streams.ts';
import type { CheckedEvent } from './checked-events.ts';
import { toChecked } from './checked-events.ts';
import { chainIn, contentHash, follow, linkAfter, seedOf } from './link.ts';
import type { MerkleStep } from './merkle.ts';
import { merklePath } from './merkle.ts';
import { readRemovals } from './removals.ts';
import { leafNodes, pageNodes } from './roots/leaves.ts';
import type { ReadRoot } from './roots/read-root.ts';
import type { Roots } from './roots/roots.ts';
import type { HistoryKeys, Signed } from './signing.ts';

/**
 * Proves that an event is in the history of a session as of a signed root: the event as it is stored, the hashes from it to the
 * leaf, and those from the leaf to the root. Of other events it contains only the content hash.
 */
export interface EventProof {
  readonly version: 1;
  readonly stream: string;
  readonly revision: number;
  /** Data and metadata are the stored bytes, base64. */
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly data: string;
    readonly metadata: string;
  };
  /** The hash that the event continues from; all hashes are SHA-256 in base64url. */
  readonly previous: string;
  /** The content hash of each later event, up to the revision of the leaf. */
  readonly path: readonly string[];
  readonly leaf: { readonly stream: string; readonly revision: number; readonly chain: string };
  readonly merkle: readonly MerkleStep[];
  readonly root: Signed;
}

/** Why there is no proof of an event. */
export type NoProof = 'not_found' | 'not_sealed' | 'faulty_root' | 'not_chained' | 'broken';

/**
 * The proof of an event, or why there is none: no such event, no root covers it yet, the root that may cover it has a fault, it or a
 * later event has no hash, or the history differs from what was signed.
 * @throws StoreUnavailableError
 */
export async function proveEvent(
  store: EventStore,
  session_id: string,
  revision: number,
  roots: Roots,
  keys: HistoryKeys,
): Promise<EventProof | NoProof> {
  const stream = sessionStream(session_id);
  const [found] = await Array.fromAsync(store.readExact(stream, { from: revision, limit: 1 }));
  if (found === undefined || Number(found.revision) !== revision) return 'not_found';
  const event = toChecked(found);
  const sealed = await sealedBy(roots, stream, revision, store.signal);
  if (sealed === undefined) {
    if (roots.faults.length === 0) return 'not_sealed';
    const hidden = roots.concerning(await roots.sealedOf(stream, store.signal), event.position);
    return hidden.length > 0 ? 'faulty_root' : 'not_sealed';
  }
  const [, last, chain] = sealed.leaf;
  const previous = await linkBefore(store, session_id, revision, keys);
  const walked = await walk(store, stream, event, last);
  if (previous === undefined || walked === undefined) return 'not_chained';
  const whole = [contentHash(event), ...walked.map((item) => Buffer.from(item, 'base64url'))];
  if (whole.reduce<string>(follow, previous) !== chain) return 'broken';
  const { statement, signature, key_id } = sealed.root.stored;
  return {
    version: 1,
    stream,
    revision,
    event: { id: event.id, type: event.type, data: base64(event.data), metadata: base64(event.metadata) },
    previous,
    path: walked,
    leaf: { stream, revision: last, chain },
    merkle: sealed.path,
    root: { statement, signature, key_id },
  };
}

/** The first root that covers a revision of a stream. */
async function sealedBy(roots: Roots, stream: string, revision: number, signal?: AbortSignal) {
  for (const root of roots.list) {
    assertWanted(signal);
    const found = await roots.leafOf(root, stream);
    if (found === undefined || found.leaf[1] < revision) continue;
    return { root, leaf: found.leaf, path: await pathOf(roots, root, found) };
  }
  return undefined;
}

async function pathOf(
  roots: Roots,
  root: ReadRoot,
  { page, index }: { page: number; index: number },
): Promise<MerkleStep[]> {
  const leaves = await roots.leavesAt(root, page);
  return [...merklePath(leafNodes(leaves), index), ...merklePath(pageNodes(root.stored.pages), page)];
}

/** The hash that an event continues from: that of the event before, or of the removal record. */
async function linkBefore(
  store: EventStore,
  session_id: string,
  revision: number,
  keys: HistoryKeys,
): Promise<string | undefined> {
  const stream = sessionStream(session_id);
  if (revision === 0) return seedOf(stream);
  const [before] = await Array.fromAsync(store.readExact(stream, { from: revision - 1, limit: 1 }));
  if (before !== undefined && Number(before.revision) === revision - 1)
    return linkAfter(stream, toChecked(before));
  const removals = await readRemovals(store, session_id, keys);
  return removals.find((removal) => removal.before === revision)?.chain ?? undefined;
}

/** The content hashes after an event up to a revision; undefined: one of the events has no hash. */
async function walk(
  store: EventStore,
  stream: string,
  event: CheckedEvent,
  last: number,
): Promise<string[] | undefined> {
  if (chainIn(event.metadata) === undefined) return undefined;
  const path: string[] = [];
  const limit = last - event.revision;
  if (limit === 0) return path;
  for await (const next of store.readExact(stream, { from: event.revision + 1, limit })) {
    if (chainIn(next.bytes.metadata) === undefined) return undefined;
    path.push(contentHash(toChecked(next)).toString('base64url'));
  }
  return path;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
