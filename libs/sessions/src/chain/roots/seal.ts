import type { EventStore } from '../../store.ts';
import { sessionOf } from '../../streams.ts';
import { bytesOf } from '../bytes.ts';
import { chainIn, linkAfter } from '../link.ts';
import { merkleRoot } from '../merkle.ts';
import type { HistorySigner } from '../signing.ts';
import type { Leaf } from './leaves.ts';
import { pageLeaves, pageNodes, pageOf } from './leaves.ts';
import type { RootStatement, StoredRoot } from './ledger.ts';
import { lastRoot, parseStatement, statementHash, storeLeaves, storeRoot } from './ledger.ts';

interface SealOptions {
  readonly signer: HistorySigner;
  /** Only events stored before this time are covered; undefined: all events. */
  readonly before?: Date;
  /** Sessions per root at most, which bounds the memory. A day with more sessions has several roots. */
  readonly sessions?: number;
  readonly signal?: AbortSignal;
}

/** Sessions per root at most; with their hashes they take about 20 MB. */
const mostSessions = 65_536;

/** The changes since the last root. */
class Segment {
  readonly last = new Map<string, { readonly revision: number; readonly chain: string }>();
  events = 0;
  unchained = 0;
  from: Date | undefined;
  to: Date | undefined;
  position = 0n;

  leaves(): Leaf[] {
    const leaves = Array.from(this.last, ([stream, { revision, chain }]): Leaf => [stream, revision, chain]);
    return leaves.sort(([one], [other]) => (one < other ? -1 : 1));
  }
}

/**
 * Signs the state of all sessions that have changed since the last root: a leaf for each, with its revision and the hash of its
 * history. @returns the content of the added roots; empty when nothing has changed or another process was first
 * @throws StoreUnavailableError
 */
export async function sealHistory(store: EventStore, options: SealOptions): Promise<RootStatement[]> {
  const { before, sessions = mostSessions, signal } = options;
  let previous: StoredRoot | undefined = await lastRoot(store);
  const after = previous && BigInt(parseStatement(previous).position);
  const upTo = before === undefined ? await store.head() : await store.positionBefore(before);
  const sealed: RootStatement[] = [];
  let segment = new Segment();
  const seal = async (): Promise<boolean> => {
    const root = await sealSegment(store, segment, previous, options.signer);
    if (root === undefined) return false;
    previous = root;
    sealed.push(parseStatement(root));
    segment = new Segment();
    return true;
  };
  for await (const event of store.readLog(after, upTo)) {
    if (signal?.aborted) return sealed;
    if (sessionOf(event.streamId) === undefined) continue;
    const isFull = segment.last.size >= sessions && !segment.last.has(event.streamId);
    if (isFull && !(await seal())) return sealed;
    const bytes = bytesOf(event);
    segment.last.set(event.streamId, {
      revision: Number(event.revision),
      chain: linkAfter(event.streamId, bytes),
    });
    segment.events += 1;
    if (chainIn(bytes.metadata) === undefined) segment.unchained += 1;
    segment.from ??= event.created;
    segment.to = event.created;
    segment.position = event.position?.commit ?? 0n;
  }
  if (segment.events > 0) await seal();
  return sealed;
}

async function sealSegment(
  store: EventStore,
  segment: Segment,
  previous: StoredRoot | undefined,
  signer: HistorySigner,
): Promise<StoredRoot | undefined> {
  const leaves = segment.leaves();
  const pages = Array.from({ length: Math.ceil(leaves.length / pageLeaves) }, (_, index) =>
    leaves.slice(index * pageLeaves, (index + 1) * pageLeaves),
  );
  const described = { pages: pages.map(pageOf), leaves_stream: await storeLeaves(store, pages) };
  const statement: RootStatement = {
    version: 1,
    kind: 'root',
    number: previous === undefined ? 0 : parseStatement(previous).number + 1,
    previous: previous === undefined ? null : statementHash(previous),
    from: (segment.from ?? new Date(0)).toISOString(),
    to: (segment.to ?? new Date(0)).toISOString(),
    position: String(segment.position),
    sessions: leaves.length,
    events: segment.events,
    unchained: segment.unchained,
    root: merkleRoot(pageNodes(described.pages)).toString('base64url'),
  };
  const isStored = await storeRoot(store, statement, described, signer);
  return isStored ? { ...signer.sign(JSON.stringify(statement)), ...described } : undefined;
}
