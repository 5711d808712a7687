import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';

/** A turn with committed rows, and when the commit was known, by this machine's clock in milliseconds. */
export interface WrittenTurn {
  readonly turn_id: string;
  readonly at: number;
}

const sessions = [`1${randomUUID().slice(1)}`, `e${randomUUID().slice(1)}`] as const;

/**
 * Writes turns of one partner in two partitions, like projectors: each batch moves its position in the same
 * transaction.
 */
export class ConversationRows {
  readonly partnerId = `P-${randomUUID()}`;
  readonly written: WrittenTurn[] = [];
  private position = 0;

  constructor(private readonly pool: Pool) {}

  async begin(): Promise<void> {
    const digits = [...'0123456789abcdef'].map((digit) => `session-${digit}`);
    await this.pool.query(
      `INSERT INTO projection_slot (slot, prefixes, current_until) VALUES (0, $1, now() + interval '1 hour'), (1, $2, now() + interval '1 hour')`,
      [digits.slice(0, 8), digits.slice(8)],
    );
    await this.pool.query(
      `INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language, expires_at,
         expires_in_s, status, revision)
       SELECT id, $2, now(), now(), 'whatsapp', 'hi', now() + interval '1 day', 86400, 'active', 0 FROM unnest($1::uuid[]) AS id`,
      [sessions, this.partnerId],
    );
  }

  /** Writes a turn of one of the two sessions. */
  async write(): Promise<WrittenTurn> {
    const position = (this.position += 1);
    const slot = position % 2;
    const turn_id = randomUUID();
    await this.pool.query(
      `WITH moved AS (UPDATE projection_slot SET position = $3 WHERE slot = $4)
       INSERT INTO conversation_turn (session_id, turn_id, partner_id, timestamp, ordered_at, sender, message_text,
         extracted_entities, revision, channel, written)
       SELECT $1, $2, $5, at, at, 'user', 'Where is my payout?', '{}', $3, 'whatsapp', $3 * 1024
       FROM date_trunc('milliseconds', clock_timestamp()) AS at`,
      [sessions[slot], turn_id, position, slot, this.partnerId],
    );
    const turn = { turn_id, at: Date.now() };
    this.written.push(turn);
    return turn;
  }
}
