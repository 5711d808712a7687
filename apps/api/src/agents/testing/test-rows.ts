import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { Pool } from 'pg';
import { waitUntil } from '#platform';

/** Writes the rows that the projector would write, for specs without a projector. */
export class TestRows {
  private readonly database = new Pool({ connectionString: String(process.env['DATABASE_URL']) });

  /** Writes the row of a session of a pool at epoch 1; without an instance the session waits. */
  async add(sessionId: string, instance: string | null, pool: string): Promise<void> {
    await insert(this.database, sessionId, instance, pool);
  }

  /**
   * Locks the rows against readers while `work` runs. Readers that wait for the lock then see the rows without the
   * added waiting session; later readers see it.
   */
  async lockedBeforeAdding(sessionId: string, pool: string, work: () => Promise<void>): Promise<void> {
    await this.locked(async (before) => {
      await work();
      await this.areWaiting('AccessShareLock');
      const added = this.locked((after) => insert(after, sessionId, null, pool));
      await this.areWaiting('AccessExclusiveLock');
      await before.query('COMMIT');
      await added;
    });
  }

  private async locked(work: (client: PoolClient) => Promise<void>): Promise<void> {
    const client = await this.database.connect();
    try {
      await client.query('BEGIN');
      await client.query('LOCK TABLE conversation_session IN ACCESS EXCLUSIVE MODE');
      await work(client);
      await client.query('COMMIT');
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  }

  private async areWaiting(mode: string): Promise<void> {
    const text = `SELECT 1 FROM pg_locks WHERE NOT granted AND mode = $1 AND relation = 'conversation_session'::regclass`;
    const found = async (): Promise<boolean> => (await this.database.query(text, [mode])).rows.length > 0;
    await waitUntil(found, { what: `somebody to wait for a lock of the rows (${mode})` });
  }

  close(): Promise<void> {
    return this.database.end();
  }
}

async function insert(client: Pool | PoolClient, sessionId: string, instance: string | null, pool: string) {
  await client.query(
    `INSERT INTO conversation_session
       (session_id, partner_id, start_time, last_activity_time, channel, language, expires_at, expires_in_s,
        status, revision, agent_instance, agent_pool, agent_epoch)
     VALUES ($1, $2, now(), now(), 'whatsapp', 'hi', now() + interval '1 hour', 3600, 'active', 1, $3, $4, 1)`,
    [sessionId, `P-${randomUUID()}`, instance, pool],
  );
}
