import type { RecordedEvent } from '#domain';
import { jsonSize } from '#platform';
import { rowChange } from './changes.ts';
import type { RowBatch } from './batch.ts';
import type { RowChange } from './rows.ts';
import type { SetAside } from './set-aside.ts';
import { setAside } from './set-aside.ts';
import { storableJson } from './storable.ts';

/** An event with its place in the store. */
export interface Positioned {
  readonly session_id: string;
  readonly event: RecordedEvent;
  readonly position: bigint;
}

/** In the place of an event: it cannot be decoded, so its session is set aside. */
interface Undecodable {
  readonly session_id: string;
  readonly setAside: SetAside;
  readonly position: bigint;
}

/** What the tables are written from. */
export type TableItem = Positioned | Undecodable;

/** About how much memory an item takes, in bytes. */
export function sizeOfItem(item: TableItem): number {
  return 'event' in item ? jsonSize(item.event.data) : 0;
}

/** What items do to the rows, and which sessions they set aside: such a session's later items are left out. */
export function changesOf(items: readonly TableItem[]): { changes: RowChange[]; failures: SetAside[] } {
  const changes: RowChange[] = [];
  const failures = new Map<string, SetAside>();
  for (const item of items) {
    if (failures.has(item.session_id)) continue;
    if ('setAside' in item) {
      failures.set(item.session_id, item.setAside);
      continue;
    }
    try {
      changes.push(rowChange(item.session_id, item.event));
    } catch (error) {
      failures.set(item.session_id, setAside(item.session_id, item.event, error, item.position));
    }
  }
  return { changes, failures: [...failures.values()] };
}

/** The parameters $7 to $12 of a batch. */
export function batchTexts(batch: RowBatch, failures: readonly SetAside[]): string[] {
  const { started, patches, turns, replies, references } = batch;
  return [started, patches, turns, replies, failures, references].map((list) => storableJson(list));
}
