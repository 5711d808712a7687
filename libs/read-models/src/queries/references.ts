import type { Pool } from 'pg';

/** What a message concerns: `order`, `payout` or `tracking` with its id, or `partner`. */
export interface Reference {
  readonly kind: string;
  readonly reference: string;
}

/** Selects the sessions that a message concerns: those with any of the references; with a partner, only those of that partner. */
export interface Addressees {
  readonly references: readonly Reference[];
  readonly partner: string | null;
}

/** A page of the sessions that a message concerns, ordered by id. */
export interface SessionPage {
  readonly sessions: readonly string[];
  /** The id after which the next page starts; undefined: there is none. */
  readonly next: string | undefined;
}

/** Sorts before the ids of all sessions. */
const beforeAll = '00000000-0000-0000-0000-000000000000';

/**
 * For each of several messages a page of the live sessions that it concerns, each session once. Reads the index, which may
 * lack references of the last moments.
 * @param limit sessions of a page
 * @param after the `next` of the previous page, of all messages
 */
export async function sessionsConcerned(
  pool: Pool,
  messages: readonly Addressees[],
  limit: number,
  after = beforeAll,
): Promise<SessionPage[]> {
  const wanted = messages.flatMap(({ references, partner }, index) =>
    references.map((item) => ({ index, ...item, partner })),
  );
  const found = messages.map(() => new Set<string>());
  if (wanted.length > 0) {
    const { rows } = await pool.query<{ index: number; session_id: string }>({
      name: 'turnstream-sessions-concerned',
      text: `SELECT w.index, s.session_id
        FROM unnest($1::int[], $2::text[], $3::text[], $4::text[]) AS w (index, kind, reference, partner)
        CROSS JOIN LATERAL (
          SELECT r.session_id FROM reference_index AS r
          WHERE r.kind = w.kind AND r.reference = w.reference AND r.session_id > $5::uuid
            AND (w.partner IS NULL OR r.partner_id = w.partner)
          ORDER BY r.session_id LIMIT $6) AS s`,
      values: [
        wanted.map((w) => w.index),
        wanted.map((w) => w.kind),
        wanted.map((w) => w.reference),
        wanted.map((w) => w.partner),
        after,
        limit + 1,
      ],
    });
    for (const { index, session_id } of rows) found[index]?.add(session_id);
  }
  return found.map((ids) => toPage([...ids].sort(), limit));
}

/** The first sessions over all references are among the first of each reference. */
function toPage(ids: readonly string[], limit: number): SessionPage {
  const sessions = ids.slice(0, limit);
  return { sessions, next: ids.length > limit ? sessions.at(-1) : undefined };
}
