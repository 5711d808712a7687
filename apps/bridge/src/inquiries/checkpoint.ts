import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';

const name = 'inquiries';

/** The position before which all inquiries are closed, shared by all bridges. */
@Injectable()
export class InquiryCheckpoint {
  constructor(private readonly pool: Pool) {}

  /** Undefined when there is no saved checkpoint. */
  async load(): Promise<bigint | undefined> {
    const { rows } = await this.pool.query<{ position: string }>(
      'SELECT position FROM bridge_checkpoint WHERE name = $1',
      [name],
    );
    return rows[0] && BigInt(rows[0].position);
  }

  /**
   * Deletes the checkpoint: the event store was restored to an earlier state, in which inquiries may be open again.
   */
  async clear(): Promise<void> {
    await this.pool.query('DELETE FROM bridge_checkpoint WHERE name = $1', [name]);
  }

  /** Moves the checkpoint forward, never back: inquiries that one instance knows to be closed are closed. */
  async save(position: bigint): Promise<void> {
    await this.pool.query(
      `INSERT INTO bridge_checkpoint (name, position) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE
       SET position = greatest(bridge_checkpoint.position, excluded.position), updated_at = now()`,
      [name, position],
    );
  }
}
