import type { Pool } from 'pg';
import type { Reference } from './references.ts';

/** The owner of an order, payout or shipment. */
interface ReferenceOwner extends Reference {
  readonly partner_id: string;
}

/** An owner, with the time of the event that named both (ISO 8601, by its system's clock). */
export interface NamedOwner extends ReferenceOwner {
  readonly named_at: string;
}

/** Records which partners events have named with which references. The latest event wins, in whatever order they arrive. */
export async function rememberOwners(pool: Pool, named: readonly NamedOwner[]): Promise<void> {
  const owners = named.filter(({ reference, partner_id }) => isStorable(reference) && isStorable(partner_id));
  if (owners.length === 0) return;
  await pool.query({
    name: 'turnstream-remember-owners',
    text: `INSERT INTO reference_owner AS known (kind, reference, partner_id, named_at)
      SELECT DISTINCT ON (kind, reference) kind, reference, partner_id, named_at
      FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS n (kind, reference, partner_id, named_at)
      ORDER BY kind, reference, named_at DESC, partner_id DESC
      ON CONFLICT (kind, reference) DO UPDATE SET partner_id = excluded.partner_id, named_at = excluded.named_at
      WHERE (excluded.named_at, excluded.partner_id) > (known.named_at, known.partner_id)`,
    values: [
      owners.map(({ kind }) => kind),
      owners.map(({ reference }) => reference),
      owners.map(({ partner_id }) => partner_id),
      owners.map(({ named_at }) => named_at),
    ],
  });
}

/** The owners of the references that an event has named with a partner. */
export async function ownersOf(pool: Pool, references: readonly Reference[]): Promise<ReferenceOwner[]> {
  const wanted = references.filter(({ reference }) => isStorable(reference));
  if (wanted.length === 0) return [];
  const { rows } = await pool.query<ReferenceOwner>({
    name: 'turnstream-owners-of',
    text: `SELECT kind, reference, partner_id FROM reference_owner
      JOIN unnest($1::text[], $2::text[]) AS wanted (kind, reference) USING (kind, reference)`,
    values: [wanted.map(({ kind }) => kind), wanted.map(({ reference }) => reference)],
  });
  return rows;
}

/** Owners deleted per statement. */
const forgetBatch = 1_000;

/** Forgets some of the owners that no event has named for this many days; true when there may be more. */
export async function forgetOwners(pool: Pool, days: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    `DELETE FROM reference_owner WHERE (kind, reference) IN (
       SELECT kind, reference FROM reference_owner WHERE named_at < now() - $1 * interval '1 day'
       ORDER BY named_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    [days, forgetBatch],
  );
  return rowCount === forgetBatch;
}

/** PostgreSQL stores no text with the character NUL. */
function isStorable(text: string): boolean {
  return !text.includes('\0');
}
