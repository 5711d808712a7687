import { Inject, Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { BridgeConfig } from '../common/config.ts';

/** Thrown when the index lags so far behind that kept updates might expire before it finds them. */
export class IndexBehindError extends Error {
  readonly code = 'index_behind';

  constructor(readonly lagSeconds: number) {
    super(`The index of references is ${Math.round(lagSeconds)} s behind, too far to receive updates.`);
  }
}

/** The share of the kept hours by which the index may lag behind. */
const bearable = 0.8;
/** How long a measurement is reused (ms). */
const freshMs = 1_000;

/** The lag of the index of references: the age of its oldest partition. */
@Injectable()
export class IndexLag {
  private last: { readonly at: number; readonly lag: Promise<number> } | undefined;

  constructor(
    private readonly pool: Pool,
    @Inject(BridgeConfig) private readonly config: Pick<BridgeConfig, 'keepUpdatesHours'>,
  ) {}

  /** The lag in seconds, at most a second old. */
  seconds(): Promise<number> {
    const now = performance.now();
    if (!this.last || now - this.last.at >= freshMs) this.last = { at: now, lag: this.read() };
    return this.last.lag;
  }

  /** Why no updates may be received; null: they may. */
  async obstacle(): Promise<IndexBehindError | null> {
    const seconds = await this.seconds();
    return seconds < bearable * this.config.keepUpdatesHours * 3_600 ? null : new IndexBehindError(seconds);
  }

  private async read(): Promise<number> {
    const { rows } = await this.pool.query<{ lag: number | null }>(
      `SELECT greatest(0, extract(epoch FROM now() - min(current_until)))::float8 AS lag
       FROM reference_index_position`,
    );
    return rows[0]?.lag ?? 0;
  }
}
