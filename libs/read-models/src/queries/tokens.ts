import type { Queryable } from './queryable.ts';
import { ofActiveSince } from './row-limits.ts';

/** The sealed value of a token, and the event whose metadata hold it. */
export interface StoredToken {
  /** Without the trailing digits. */
  readonly token: string;
  readonly type: string;
  readonly sealed: string;
  readonly session_id: string;
  readonly event_id: string;
}

/**
 * The values of a partner's tokens; unknown ones are left out. None given: all of the partner.
 * @param activeSince only those of sessions that are active, or were since then (ISO 8601)
 */
export async function storedTokens(
  db: Queryable,
  partnerId: string,
  stems?: readonly string[],
  activeSince?: string,
): Promise<StoredToken[]> {
  const { rows } = await db.query<StoredToken>(
    `SELECT DISTINCT ON (token) token, type, sealed, session_id, event_id FROM personal_token AS t
     WHERE partner_id = $1 AND ($2::text[] IS NULL OR token = ANY ($2))
       AND ($3::timestamptz IS NULL OR ${ofActiveSince('t', '$3')}) ORDER BY token, session_id`,
    [partnerId, stems, activeSince],
  );
  return rows;
}

/** Whether a partner has any token. */
export async function hasTokens(db: Queryable, partnerId: string): Promise<boolean> {
  const { rowCount } = await db.query('SELECT FROM personal_token WHERE partner_id = $1 LIMIT 1', [
    partnerId,
  ]);
  return rowCount === 1;
}
