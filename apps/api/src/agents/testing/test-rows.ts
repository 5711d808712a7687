import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';

/** Writes the rows that the projector would write; for specs that run without one. */
export class TestRows {
  private readonly database = new Pool({ connectionString: String(process.env['DATABASE_URL']) });

  /** The row of a session of a pool at epoch 1; without an instance it waits. */
  async add(sessionId: string, instance: string | null, pool: string): Promise<void> {
    await this.database.query(
      `INSERT INTO conversation_session
         (session_id, partner_id, start_time, last_activity_time, channel, language, expires_at, expires_in_s,
          status, revision, agent_instance, agent_pool, agent_epoch)
       VALUES ($1, $2, now(), now(), 'whatsapp', 'hi', now() + interval '1 hour', 3600, 'active', 1, $3, $4, 1)`,
      [sessionId, `P-${randomUUID()}`, instance, pool],
    );
  }

  /** Lets nobody read the rows while `work` runs. */
  async locked(work: () => Promise<void>): Promise<void> {
    const client = await this.database.connect();
    try {
      await client.query('BEGIN');
      await client.query('LOCK TABLE conversation_session IN ACCESS EXCLUSIVE MODE');
      await work();
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  }

  close(): Promise<void> {
    return this.database.end();
  }
}
