import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';

interface Written {
  readonly session: string;
  readonly partner_id: string;
  /** The texts of the turn. */
  readonly secret: string;
}

/** Simulates the projector: writes a session and a turn of it. */
export async function addRows(pool: Pool, { session, partner_id, secret }: Written): Promise<void> {
  await pool.query(
    `INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language,
       expires_at, expires_in_s, status, revision)
     VALUES ($1, $2, now(), now(), 'whatsapp', 'hi', now(), 3600, 'active', 6)`,
    [session, partner_id],
  );
  await pool.query(
    `INSERT INTO conversation_turn (session_id, turn_id, partner_id, timestamp, ordered_at, sender, message_text,
       parsed_intent, extracted_entities, response_text, revision, channel, message_id)
     VALUES ($1, $2, $3, now(), now(), 'user', $4, 'ask_payment_status', jsonb_build_object('name', $4::text), $4, 2,
       'whatsapp', '919876543210')`,
    [session, randomUUID(), partner_id, secret],
  );
}
