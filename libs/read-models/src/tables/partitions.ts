import type { Pool } from 'pg';

/** The tables with one partition for each month (UTC) of `ordered_at`, and a default partition for all other times. */
export const partitionedTables = ['conversation_turn', 'turn_entity'] as const;
/** How many months are prepared beyond the present one. */
const monthsAhead = 3;
/** Earlier times come from a wrong clock: they stay in the default partition. */
const yearsBack = 20;
/** How long a month whose partition could not be created stays in the default partition. */
const retryAfterMs = 60_000;

/** The month of an ISO 8601 time, such as `2026-11-01`. */
function monthOf(time: string): string {
  return `${time.slice(0, 7)}-01`;
}

/** What the last call could not do; the affected rows are in the default partition. */
type Failed = (error: unknown) => void;

/** Creates the partitions of the turn tables ahead of their rows. Rows without one go to the default partition. */
export class TurnPartitions {
  private readonly known = new Set<string>();
  private retryAt = 0;

  /** @param pool its `search_path` must find the tables */
  constructor(
    private readonly pool: Pick<Pool, 'query'>,
    private readonly onFailure: Failed = () => undefined,
  ) {}

  /** Ensures partitions for rows of these times (ISO 8601), unless they cannot be created now. */
  async prepare(times: Iterable<string>, now = new Date()): Promise<void> {
    for (const time of times) {
      const month = monthOf(time);
      if (this.known.has(month) || now.getTime() < this.retryAt) continue;
      if (isPlausible(month, now)) await this.add(month, now);
      else this.known.add(month);
    }
  }

  /** The partitions of the coming months, and of those with rows in the default partition. */
  async maintain(now = new Date()): Promise<void> {
    this.retryAt = 0;
    this.known.clear();
    const ahead = Array.from({ length: monthsAhead + 1 }, (_, index) => plusMonths(now, index));
    const stray = await this.pool.query<{ month: string }>(
      partitionedTables
        .map(
          (table) =>
            `SELECT to_char(ordered_at AT TIME ZONE 'UTC', 'YYYY-MM-01') AS month FROM ${table}_default
             WHERE ordered_at >= $1 AND ordered_at < $2`,
        )
        .join(' UNION '),
      [plusMonths(now, -12 * yearsBack), plusMonths(now, monthsAhead + 1)],
    );
    await this.prepare([...ahead, ...stray.rows.map(({ month }) => month)], now);
  }

  private async add(month: string, now: Date): Promise<void> {
    try {
      for (const table of partitionedTables)
        await this.pool.query(`SELECT add_turn_partition('${table}'::regclass, $1::date)`, [month]);
      this.known.add(month);
    } catch (error) {
      this.retryAt = now.getTime() + retryAfterMs;
      this.onFailure(error);
    }
  }
}

function isPlausible(month: string, now: Date): boolean {
  return month >= plusMonths(now, -12 * yearsBack) && month <= plusMonths(now, monthsAhead);
}

/** The first day of a month, relative to that of a time. */
function plusMonths(time: Date, months: number): string {
  return new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + months)).toISOString().slice(0, 10);
}
