import type { Pool } from 'pg';

/** The state of a dead letter; without a mark it is open. */
export type Action = 'redriven' | 'discarded';

/** A topic and one of its partitions. */
export interface Part {
  readonly topic: string;
  readonly partition: number;
}

/** Consecutive letters of a part, both offsets included, with the same action. */
export interface Mark {
  /** Undefined: not stored yet. A larger id is later, and takes precedence. */
  readonly id?: string;
  readonly action: Action;
  readonly first: bigint;
  readonly last: bigint;
  /**
   * The period in which its messages were written (ms): a topic that was deleted and recreated has the same offsets
   * again, but newer messages.
   */
  readonly oldest: number;
  readonly newest: number;
}

/** The place and time (ms) of a message. */
export interface Written {
  readonly offset: bigint;
  readonly time: number;
}

/** The mark that applies to a message: the first one that contains it. */
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

/** The marks of dead letters, in PostgreSQL; kept as long as the letters. */
export class Marks {
  constructor(private readonly pool: Pool) {}

  /** Marks that overlap the offsets from `first` to `last`, latest first. */
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

  /** Stores a mark, or its new bounds, and deletes earlier ones that it covers. */
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
    // A concurrent command has deleted it since it was read.
    if (id === undefined) return this.save({ topic, partition }, without(mark));
    await this.pool.query(
      `DELETE FROM dead_letter_mark
       WHERE topic = $1 AND partition = $2 AND id < $3 AND first_offset >= $4 AND last_offset <= $5`,
      [topic, partition, id, mark.first, mark.last],
    );
    return { ...mark, id };
  }

  /** Deletes the marks of letters that a part no longer holds: their retention ended, or the topic was recreated. */
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
