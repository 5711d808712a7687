import type { RecordedEvent } from '#domain';
import type { BlindIndex } from '#privacy';
import { jsonSize } from '#platform';
import { mergeChanges } from './batch.ts';
import { rowChange, UnstorableEventError } from './changes.ts';
import type { RowChange } from './rows.ts';
import type { SetAside } from './set-aside.ts';
import { setAsideEntry } from './set-aside.ts';
import { storableJson } from './storable.ts';

/** An event with its place in the store. */
export interface Positioned {
  readonly session_id: string;
  readonly event: RecordedEvent;
  readonly position: bigint;
}

/** Replaces an event that cannot be decoded, so that its session is set aside. */
interface Undecodable {
  readonly session_id: string;
  readonly setAside: SetAside;
  readonly position: bigint;
}

/** Replaces an event: the session's events with a revision below `before` are deleted. */
export interface Deletion {
  readonly session_id: string;
  readonly before: number;
  readonly position: bigint;
}

/** The item of an event. The event of a session's erasure removes the rows of all events before it. */
export function itemOf(item: Positioned): Positioned | Deletion {
  const { session_id, event, position } = item;
  return event.type === 'SessionErased' ? { session_id, before: event.revision + 1, position } : item;
}

/** The input of the tables. */
export type TableItem = Positioned | Undecodable | Deletion;

/** A part of a batch: consecutive items, or a deletion. This part and those before it cover everything up to the position. */
type Part<T> =
  | { readonly items: readonly T[]; readonly position: bigint }
  | { readonly deletion: Deletion; readonly position: bigint };

/** Splits a batch up to a position at its deletions: each deletion concerns what was written before it. */
export function divide<T extends { readonly position: bigint }>(
  batch: readonly (T | Deletion)[],
  position: bigint,
): Part<T>[] {
  const parts: Part<T>[] = [];
  let items: T[] = [];
  for (const item of batch) {
    if (!isDeletion(item)) {
      items.push(item);
      continue;
    }
    const last = items.at(-1);
    if (last) parts.push({ items, position: last.position });
    parts.push({ deletion: item, position: item.position });
    items = [];
  }
  const isWhole = items.length === 0 && parts.at(-1)?.position === position;
  return isWhole ? parts : [...parts, { items, position }];
}

export function isDeletion(item: object): item is Deletion {
  return 'before' in item;
}

/** Drops the failure of a session whose event is deleted. */
export function forgetDeleted(
  failures: Map<string, SetAside>,
  { session_id, before }: Omit<Deletion, 'position'>,
): void {
  const failure = failures.get(session_id);
  if (failure && failure.revision < before) failures.delete(session_id);
}

/** An item that adds rows. */
export type StorableItem = Exclude<TableItem, Deletion>;

/** About how much memory an item takes, in bytes. */
export function sizeOfItem(item: TableItem): number {
  return 'event' in item ? jsonSize(item.event.data) : 0;
}

/** The row changes of items, and the sessions that they set aside: later items of such a session are left out. */
export function changesOf(
  items: readonly StorableItem[],
  index?: BlindIndex,
): { changes: RowChange[]; failures: SetAside[] } {
  const changes: RowChange[] = [];
  const failures = new Map<string, SetAside>();
  for (const item of items) {
    if (failures.has(item.session_id)) continue;
    if ('setAside' in item) {
      failures.set(item.session_id, item.setAside);
      continue;
    }
    try {
      changes.push(rowChange(item.session_id, item.event, index, item.position));
    } catch (error) {
      failures.set(item.session_id, setAsideEntry(item.session_id, item.event, error, item.position));
    }
  }
  return { changes, failures: [...failures.values()] };
}

/** The parameters $7 to $17 of a batch. @throws UnstorableEventError when a value cannot be written as JSON */
export function batchTexts(changes: readonly RowChange[], failures: readonly SetAside[]): string[] {
  try {
    const { started, patches, turns, replies, ...more } = mergeChanges(changes);
    const { references, tokens, entities, milestones, words, correlations } = more;
    const lists = [
      started,
      patches,
      turns,
      replies,
      failures,
      references,
      tokens,
      entities,
      milestones,
      words,
      correlations,
    ];
    return lists.map((list) => storableJson(list));
  } catch (cause) {
    throw new UnstorableEventError(`no row can be made of the event: ${String(cause)}`, { cause });
  }
}
