import type { Pool } from 'pg';
import type { Reference } from './references.ts';

/** Whose a reference is, as an event of another system says; `named_at`: when (ISO 8601). */
export interface ReferenceOwner extends Reference {
  readonly partner_id: string;
  readonly named_at: string;
}

/** The key of a reference among owners. */
export function ownerKey({ kind, reference }: Reference): string {
  return `${kind}\0${reference}`;
}

/** Records whose references are; of several statements the one with the latest time counts. */
export async function rememberOwners(pool: Pool, owners: readonly ReferenceOwner[]): Promise<void> {
  if (owners.length === 0) return;
  const latest = new Map<string, ReferenceOwner>();
  for (const owner of owners) {
    const known = latest.get(ownerKey(owner));
    if (known === undefined || known.named_at <= owner.named_at) latest.set(ownerKey(owner), owner);
  }
  // Always in one order: two bridges that lock rows in another one would wait for each other.
  const rows = [...latest.keys()].sort().map((key) => latest.get(key) as ReferenceOwner);
  await pool.query({
    name: 'turnstream-remember-owners',
    text: `INSERT INTO reference_owner AS o (kind, reference, partner_id, named_at)
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
      ON CONFLICT (kind, reference) DO UPDATE SET partner_id = excluded.partner_id, named_at = excluded.named_at
      WHERE o.named_at < excluded.named_at`,
    values: [
      rows.map(({ kind }) => kind),
      rows.map(({ reference }) => reference),
      rows.map(({ partner_id }) => partner_id),
      rows.map(({ named_at }) => named_at),
    ],
  });
}

/** The partners that references are known to belong to, by `ownerKey`. */
export async function ownersOf(pool: Pool, references: readonly Reference[]): Promise<Map<string, string>> {
  if (references.length === 0) return new Map();
  const { rows } = await pool.query<ReferenceOwner>({
    name: 'turnstream-owners-of',
    text: `SELECT o.kind, o.reference, o.partner_id FROM reference_owner AS o
      JOIN unnest($1::text[], $2::text[]) AS w (kind, reference) ON o.kind = w.kind AND o.reference = w.reference`,
    values: [references.map(({ kind }) => kind), references.map(({ reference }) => reference)],
  });
  return new Map(rows.map((row) => [ownerKey(row), row.partner_id]));
}
