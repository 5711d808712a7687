import type { Pool, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { Semaphore } from '#platform';
import { LeaseLostError, StoredReferences } from '#read-models';
import { withoutWaiting } from '../common/without-waiting.ts';
import type { IndexBatch } from './changes.ts';

/** The owner of a partition, and the stream prefixes of the partition. */
interface IndexOwner {
  readonly partition: number;
  readonly owner: string;
  readonly epoch: bigint;
  readonly prefixes: readonly string[];
}

/** The index of one partition in PostgreSQL, and its position. Only the partition's owner writes it. */
export class IndexStore {
  constructor(
    private readonly pool: Pool,
    private readonly owner: IndexOwner,
    private readonly references = new StoredReferences(undefined),
    /** Limits the concurrent statements of all partitions. */
    private readonly writes = new Semaphore(1),
  ) {}

  /**
   * The position up to which all streams of the partition are indexed; null: the index begins with their first event.
   * After a change of the number of partitions, positions are carried over first: a prefix gets the position of the
   * shorter prefix that contains it, or the lowest of the longer ones within it, if all of those have one.
   * @throws LeaseLostError
   */
  async load(): Promise<bigint | null> {
    const { partition, owner, epoch, prefixes } = this.owner;
    const values = [partition, owner, epoch, prefixes];
    await this.query(bringOver, values);
    const { rows } = await this.query<{ position: string | null; is_owned: boolean }>(
      `WITH ${lease}, begun AS (
         INSERT INTO reference_index_position (prefix)
         SELECT prefix FROM lease CROSS JOIN unnest($4::text[]) AS prefix ON CONFLICT DO NOTHING)
       SELECT CASE WHEN count(position) = cardinality($4) THEN min(position) END AS position,
         EXISTS (SELECT FROM lease) AS is_owned
       FROM reference_index_position WHERE prefix = ANY ($4)`,
      values,
    );
    if (rows[0]?.is_owned !== true) throw new LeaseLostError(partition);
    const { position } = rows[0];
    return position === null ? null : BigInt(position);
  }

  /**
   * Writes the changes of events; resolves when they are committed. A session that has not begun, or has ended, has
   * no mentions. It takes two statements, since one statement cannot insert in place of what it deletes. A crash in
   * between does no harm: the position is saved afterwards.
   * @throws LeaseLostError, KeyStoreUnavailableError
   */
  async apply({ starts, mentions: plain, over }: Omit<IndexBatch, 'arrived'>): Promise<void> {
    const mentions = await this.references.written(plain);
    if (over.length > 0) await this.forget(over);
    const { partition, owner, epoch } = this.owner;
    const { rows } = await this.query<{ owned: number }>({
      name: 'turnstream-reference-index',
      text: `WITH ${lease}, started AS (
          INSERT INTO reference_index (kind, reference, session_id, partner_id, started_at, position)
          SELECT 'partner', s.partner_id, s.session_id, s.partner_id, s.started_at, s.position
          FROM lease CROSS JOIN unnest($4::uuid[], $5::text[], $6::timestamptz[], $7::bigint[])
            AS s (session_id, partner_id, started_at, position)
          ON CONFLICT DO NOTHING RETURNING session_id, partner_id, started_at
        ), live AS (
          SELECT session_id, partner_id, started_at FROM started UNION ALL
          SELECT session_id, partner_id, started_at FROM reference_index
          WHERE kind = 'partner' AND session_id = ANY ($8::uuid[])
        ), mentioned AS (
          INSERT INTO reference_index (kind, reference, session_id, partner_id, started_at, position)
          SELECT m.kind, m.reference, m.session_id, l.partner_id, l.started_at, m.position
          FROM lease CROSS JOIN unnest($8::uuid[], $9::text[], $10::text[], $11::bigint[])
            AS m (session_id, kind, reference, position)
          JOIN live AS l ON l.session_id = m.session_id WHERE m.kind <> 'partner'
          ON CONFLICT DO NOTHING
        )
        SELECT count(*)::int AS owned FROM lease`,
      values: [
        partition,
        owner,
        epoch,
        starts.map((start) => start.session_id),
        starts.map((start) => start.partner_id),
        starts.map((start) => start.started_at),
        starts.map((start) => start.position),
        mentions.map((mention) => mention.session_id),
        mentions.map((mention) => mention.kind),
        mentions.map((mention) => mention.reference),
        mentions.map((mention) => mention.position),
      ],
    });
    if (rows[0]?.owned !== 1) throw new LeaseLostError(partition);
  }

  /**
   * Saves the position up to which the partition is indexed; `until`: the index has everything that happened until
   * then (ISO 8601).
   * @throws LeaseLostError
   */
  async savePosition(position: bigint, until: string | null): Promise<void> {
    await this.save(
      `position = $5, current_until = CASE WHEN $6::timestamptz IS NULL THEN p.current_until
         ELSE greatest(p.current_until, least($6, now())) END`,
      [position, until],
    );
  }

  /** Removes the sessions of the partition, which is indexed again from the first event. @throws LeaseLostError */
  async startOver(): Promise<void> {
    const { partition, owner, epoch, prefixes } = this.owner;
    const { rowCount } = await this.query(
      `WITH ${lease}, forgotten AS (
         DELETE FROM reference_index AS r USING lease, unnest($4::text[]) AS prefix
         WHERE starts_with('session-' || r.session_id, prefix)
       )
       UPDATE reference_index_position SET position = NULL FROM lease WHERE prefix = ANY ($4)`,
      [partition, owner, epoch, prefixes],
    );
    if (rowCount !== prefixes.length) throw new LeaseLostError(partition);
  }

  /** Records that the index is complete. @throws LeaseLostError */
  async confirm(): Promise<void> {
    await this.save('current_until = now()', []);
  }

  private query<Row extends QueryResultRow>(
    query: string | QueryConfig,
    values?: unknown[],
  ): Promise<QueryResult<Row>> {
    return this.writes.run(() => this.pool.query<Row>(query, values));
  }

  private async forget(sessions: readonly string[]): Promise<void> {
    const { partition, owner, epoch } = this.owner;
    const { rows } = await this.query<{ owned: number }>({
      name: 'turnstream-forget-references',
      text: `WITH ${lease}, forgotten AS (
          DELETE FROM reference_index AS r USING lease WHERE r.session_id = ANY ($4::uuid[])
        )
        SELECT count(*)::int AS owned FROM lease`,
      values: [partition, owner, epoch, sessions],
    });
    if (rows[0]?.owned !== 1) throw new LeaseLostError(partition);
  }

  private async save(changes: string, values: readonly unknown[]): Promise<void> {
    const { partition, owner, epoch, prefixes } = this.owner;
    const { rowCount } = await this.query(
      `UPDATE reference_index_position AS p SET ${changes} FROM bridge_slot AS s, ${withoutWaiting}
       WHERE s.slot = $1 AND s.owner = $2 AND s.epoch = $3 AND p.prefix = ANY ($4)`,
      [partition, owner, epoch, prefixes, ...values],
    );
    if (rowCount !== prefixes.length) throw new LeaseLostError(partition);
  }
}

/** The row of the partition, if it is owned; ownership cannot change until the statement is committed. */
const lease = `lease AS (SELECT FROM bridge_slot WHERE slot = $1 AND owner = $2 AND epoch = $3 FOR SHARE)`;

/** $4: prefixes. A shorter prefix is divided into all 16 that are one digit longer, whoever owns them. */
const bringOver = `WITH ${lease}, shorter AS (
    DELETE FROM reference_index_position WHERE prefix IN (
      SELECT left(p, -1) FROM lease CROSS JOIN unnest($4::text[]) AS p WHERE length(p) = length('session-') + 2)
    RETURNING prefix, position, current_until
  ), longer AS (
    DELETE FROM reference_index_position USING lease WHERE left(prefix, -1) = ANY ($4) AND length(prefix) = length('session-') + 2
    RETURNING left(prefix, -1) AS prefix, position, current_until
  )
  INSERT INTO reference_index_position AS r (prefix, position, current_until)
  SELECT prefix || substr('0123456789abcdef', digit, 1), position, current_until
  FROM shorter CROSS JOIN generate_series(1, 16) AS digit
  UNION ALL
  SELECT prefix, CASE WHEN count(position) = 16 THEN min(position) END, min(current_until) FROM longer GROUP BY prefix
  ON CONFLICT (prefix) DO UPDATE SET position = excluded.position, current_until = excluded.current_until`;
