import { hash, randomUUID } from 'node:crypto';
import type { EventData, JSONType } from '@eventstore/db-client';
import type { EventStore } from '../../store.ts';
import type { HistorySigner, Signed } from '../signing.ts';
import type { Leaf, LeafPage } from './leaves.ts';
import { areLeaves } from './leaves.ts';

/** The content of a root: the JSON of the signed statement. */
export interface RootStatement {
  readonly version: 1;
  readonly kind: 'root';
  /** Consecutive from 0. */
  readonly number: number;
  /** SHA-256 of the statement of the root before, base64url; null: this is the first. */
  readonly previous: string | null;
  /** When the first and the last covered event were stored, ISO 8601. */
  readonly from: string;
  readonly to: string;
  /** The position in the log up to which all events are covered. */
  readonly position: string;
  readonly sessions: number;
  readonly events: number;
  /** Events without a hash, written by an older version. */
  readonly unchained: number;
  /** The root over all leaves, base64url. */
  readonly root: string;
}

/** A root as it is stored. */
export interface StoredRoot extends Signed {
  readonly leaves_stream: string;
  readonly pages: readonly LeafPage[];
}

/** The stream of the roots. */
const rootsStream = 'history-roots';
const leavesPrefix = 'history-leaves-';

/** @throws SyntaxError unless it is JSON */
export function parseStatement({ statement }: Signed): RootStatement {
  return JSON.parse(statement) as RootStatement;
}

export function statementHash({ statement }: Signed): string {
  return hash('sha256', statement, 'base64url');
}

/** The roots, the oldest first. @throws StoreUnavailableError */
export async function* readRoots(store: EventStore): AsyncGenerator<StoredRoot> {
  for await (const { data } of store.read(rootsStream)) yield data as unknown as StoredRoot;
}

/** The last root and its revision in the stream. @throws StoreUnavailableError */
export async function lastRoot(store: EventStore): Promise<(StoredRoot & { revision: number }) | undefined> {
  const last = await store.readLast(rootsStream);
  return last && { ...(last.data as unknown as StoredRoot), revision: Number(last.revision) };
}

/** A page of a root's leaves; none when it is not there or holds something else. @throws StoreUnavailableError */
export async function readLeaves(store: EventStore, root: StoredRoot, page: number): Promise<Leaf[]> {
  const [event] = await Array.fromAsync(store.read(root.leaves_stream, { from: page, limit: 1 }));
  if (event === undefined || Number(event.revision) !== page) return [];
  const { leaves } = event.data as { readonly leaves?: unknown };
  return areLeaves(leaves) ? leaves : [];
}

/** Stores pages of leaves, each an event; returns the name of their stream. @throws StoreUnavailableError */
export async function storeLeaves(store: EventStore, pages: readonly (readonly Leaf[])[]): Promise<string> {
  const stream = `${leavesPrefix}${randomUUID()}`;
  for (const [index, leaves] of pages.entries()) {
    const event = eventOf('HistoryLeavesStored', { leaves });
    const { appended } = await store.append(stream, [event], index - 1);
    if (!appended) throw new Error(`Another process writes to ${stream}.`);
  }
  return stream;
}

/** Appends a root after the last one; false: another process came first. @throws StoreUnavailableError */
export async function storeRoot(
  store: EventStore,
  statement: RootStatement,
  leaves: Pick<StoredRoot, 'leaves_stream' | 'pages'>,
  signer: HistorySigner,
): Promise<boolean> {
  const root: StoredRoot = { ...signer.sign(JSON.stringify(statement)), ...leaves };
  const { appended } = await store.append(
    rootsStream,
    [eventOf('HistoryRootSealed', root)],
    statement.number - 1,
  );
  return appended;
}

function eventOf(type: string, data: object): EventData {
  const id = randomUUID();
  const metadata = {
    schema_version: 1,
    occurred_at: new Date().toISOString(),
    actor: { role: 'system', id: 'history' },
    $correlationId: id,
  };
  return { contentType: 'application/json', id, type, data: data as JSONType, metadata };
}
