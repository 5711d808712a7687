import type { Pool } from 'pg';

/** What became of a dead letter; one without a mark is open. */
export type Action = 'redriven' | 'discarded';

/** A topic and one of its partitions. */
export interface Part {
  readonly topic: string;
  readonly partition: number;
}

/** The letters of a part from one offset to another, both included, that had the same action. */
export interface Mark {
  /** Undefined: not stored yet. A larger one is later, and counts before the others. */
  readonly id?: string;
  readonly action: Action;
  readonly first: bigint;
  readonly last: bigint;
  /**
   * Between which times its messages were written (ms): a topic that was deleted and made anew has the same offsets again,
   * but its messages are newer.
   */
  readonly oldest: number;
  readonly newest: number;
}

/** Where a message is and when it was written (ms). */
export interface Written {
  readonly offset: bigint;
  readonly time: number;
}

/** The mark that counts for a message: the first of these that holds it. */
export function markOf(marks: readonly Mark[], { offset, time }: Written): Mark | undefined {
  return marks.find(
    ({ first, last, oldest, newest }) =>
      first <= offset && offset <= last && oldest <= time && time <= newest,
  );
}

interface Row {
  readonly id: string;
  readonly action: Action;
  readonly first_offset: string;
  readonly last_offset: string;
  readonly oldest: Date;
  readonly newest: Date;
}

/** The marks of dead letters, in PostgreSQL: they last as long as the letters do. */
export class Marks {
  constructor(private readonly pool: Pool) {}

  /** Those that touch the offsets from `first` to `last`, the latest first. */
  async load({ topic, partition }: Part, first: bigint, last: bigint): Promise<Mark[]> {
    const { rows } = await this.pool.query<Row>(
      `SELECT id, action, first_offset, last_offset, oldest, newest FROM dead_letter_mark
       WHERE topic = $1 AND partition = $2 AND last_offset >= $3 AND first_offset <= $4 ORDER BY id DESC`,
      [topic, partition, first, last],
    );
    return rows.map((row) => ({
      id: row.id,
      action: row.action,
      first: BigInt(row.first_offset),
      last: BigInt(row.last_offset),
      oldest: row.oldest.getTime(),
      newest: row.newest.getTime(),
    }));
  }

  /** Stores a mark, or the new bounds of one, and drops earlier ones that it covers. */
  async save({ topic, partition }: Part, mark: Mark): Promise<Mark> {
    const bounds = [mark.first, mark.last, new Date(mark.oldest), new Date(mark.newest)];
    const { rows } = await (mark.id === undefined
      ? this.pool.query<{ id: string }>(
          `INSERT INTO dead_letter_mark (topic, partition, first_offset, last_offset, oldest, newest, action)
           VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
          [topic, partition, ...bounds, mark.action],
        )
      : this.pool.query<{ id: string }>(
          `UPDATE dead_letter_mark SET first_offset = $1, last_offset = $2, oldest = $3, newest = $4, marked_at = now()
           WHERE id = $5 RETURNING id`,
          [...bounds, mark.id],
        ));
    const [{ id } = { id: undefined }] = rows;
    // Somebody else's command dropped it since it was read.
    if (id === undefined) return this.save({ topic, partition }, without(mark));
    await this.pool.query(
      `DELETE FROM dead_letter_mark
       WHERE topic = $1 AND partition = $2 AND id < $3 AND first_offset >= $4 AND last_offset <= $5`,
      [topic, partition, id, mark.first, mark.last],
    );
    return { ...mark, id };
  }

  /** Drops the marks of letters that a part does not hold any more: retention passed them, or its topic was made anew. */
  async prune({ topic, partition }: Part, low: bigint, high: bigint): Promise<void> {
    await this.pool.query(
      `DELETE FROM dead_letter_mark
       WHERE topic = $1 AND partition = $2 AND (last_offset < $3 OR first_offset >= $4)`,
      [topic, partition, low, high],
    );
  }
}

function without({ id: _id, ...mark }: Mark): Mark {
  return mark;
}
