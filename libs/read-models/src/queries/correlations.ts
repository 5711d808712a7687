import type { Pool } from 'pg';
import { correlationKey } from '../tables/correlations.ts';

/** Where a session may have events of a correlation id: from the first to the last of them. */
export interface CorrelatedSession {
  readonly session_id: string;
  readonly first_revision: number;
  readonly last_revision: number;
}

/** The sessions with events of a correlation id, according to the projected rows. The events themselves are authoritative. */
export async function correlatedSessions(
  pool: Pool,
  correlationId: string,
  limit: number,
): Promise<CorrelatedSession[]> {
  const { rows } = await pool.query<CorrelatedSession>(
    `SELECT session_id, first_revision::float8 AS first_revision, last_revision::float8 AS last_revision
     FROM event_correlation WHERE correlation = $1 ORDER BY session_id LIMIT $2`,
    [correlationKey(correlationId), limit],
  );
  return rows;
}
