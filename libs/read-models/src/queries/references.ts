import type { Pool } from 'pg';

/** What a message concerns: `order`, `payout` or `tracking` with its id, or `partner`. */
export interface Reference {
  readonly kind: string;
  readonly reference: string;
}

/**
 * The live sessions that each of several messages concerns, each session once. As of the projection: what a session
 * spoke of in the last moments may not be there yet.
 */
export async function sessionsConcerned(
  pool: Pool,
  messages: readonly (readonly Reference[])[],
): Promise<string[][]> {
  const wanted = messages.flatMap((references, index) => references.map((item) => ({ index, ...item })));
  const found = messages.map(() => new Set<string>());
  if (wanted.length === 0) return found.map(() => []);
  const { rows } = await pool.query<{ index: number; session_id: string }>({
    name: 'turnstream-sessions-concerned',
    text: `WITH wanted AS (
        SELECT * FROM unnest($1::int[], $2::text[], $3::text[]) AS w (index, kind, reference))
      SELECT w.index, s.session_id FROM wanted AS w
        JOIN session_reference AS r ON r.kind = w.kind AND r.reference = w.reference
        JOIN conversation_session AS s ON s.session_id = r.session_id AND s.status = 'active'
      UNION
      SELECT w.index, s.session_id FROM wanted AS w
        JOIN conversation_session AS s ON s.partner_id = w.reference AND s.status = 'active'
        WHERE w.kind = 'partner'`,
    values: [wanted.map((w) => w.index), wanted.map((w) => w.kind), wanted.map((w) => w.reference)],
  });
  for (const { index, session_id } of rows) found[index]?.add(session_id);
  return found.map((ids) => [...ids].sort());
}
