import { jsonSize } from '#platform';
import type { EntityRow } from '../rows.ts';
import type { ChunkTurn } from './columns.ts';

/** A turn of the user that a reply may follow. */
export interface AskedTurn extends Omit<ChunkTurn, 'reply'> {
  readonly entities: readonly EntityRow[];
  readonly words: readonly string[];
}

/** Rows that are not encoded yet, by key. They know how many bytes they take. */
export class HeldRows<Row> extends Map<string, Row> {
  private total = 0;
  private readonly sizes = new Map<string, number>();

  constructor(private readonly sizeOf: (row: Row) => number) {
    super();
  }

  get bytes(): number {
    return this.total;
  }

  override set(key: string, row: Row): this {
    const size = this.sizeOf(row);
    this.total += size - (this.sizes.get(key) ?? 0);
    this.sizes.set(key, size);
    return super.set(key, row);
  }

  override delete(key: string): boolean {
    this.total -= this.sizes.get(key) ?? 0;
    this.sizes.delete(key);
    return super.delete(key);
  }

  override clear(): void {
    this.total = 0;
    this.sizes.clear();
    super.clear();
  }
}

/** About how many bytes ids, times and numbers of a turn take, and those of a row for one of its values. */
const turnBytes = 256;
const valueBytes = 80;

/** About how many bytes a turn and the rows of its values take when they are encoded. */
export function sizeOfTurn({ row, session, extracted, entities, words }: AskedTurn): number {
  const { parsed_intent, bot_action, message_id, actor_id } = row;
  let bytes = turnBytes + sizeOfText(row.message_text) + sizeOfText(extracted);
  for (const text of [parsed_intent, bot_action, message_id, actor_id, session.current_task])
    if (text !== null) bytes += sizeOfText(text);
  for (const { blind_index } of entities) bytes += valueBytes + blind_index.length;
  for (const word of words) bytes += valueBytes + word.length;
  return bytes;
}

/** The bytes of a text. Malformed data may have any other value in its place. */
export function sizeOfText(text: unknown): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : jsonSize(text);
}
