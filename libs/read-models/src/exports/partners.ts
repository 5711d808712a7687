import type { Pool } from 'pg';
import type { NamedExport } from '#domain';
import { isoTime } from '../queries/iso-time.ts';

/** Erasures written this long before a file was started may not have been visible to it. */
const unseenS = 10;
/** Exports listed in a receipt at most. */
const mostNamed = 500;

/** Records whose data an unmasked export will hold, before any of it is opened. */
export async function noteExported(pool: Pool, exportId: string, partners: readonly string[]): Promise<void> {
  await pool.query(
    `INSERT INTO export_partner (partner_id, export_id) SELECT unnest($1::text[]), $2 ON CONFLICT DO NOTHING`,
    [partners, exportId],
  );
}

/** Whether one of the partners was erased, or an erasure was requested, since a time of PostgreSQL's clock. */
export async function erasedSince(
  client: Pick<Pool, 'query'>,
  partners: readonly string[],
  since: string,
): Promise<boolean> {
  if (partners.length === 0) return false;
  const { rowCount } = await client.query(
    `SELECT FROM partner_privacy WHERE partner_id = ANY ($1::text[])
       AND changed_at >= $2::timestamptz - $3 * interval '1 second' AND (erasure = 'requested' OR erased_at IS NOT NULL)
     LIMIT 1`,
    [partners, since, unseenS],
  );
  return rowCount !== 0;
}

/** Withdraws the unmasked exports that hold data of a partner: they can no longer be fetched, and their files will be removed. */
export async function withdrawExports(pool: Pool, partnerId: string): Promise<void> {
  await pool.query(
    `UPDATE export_job SET status = 'withdrawn', finished_at = coalesce(finished_at, now())
     WHERE export_id IN (SELECT export_id FROM export_partner WHERE partner_id = $1)
       AND status IN ('waiting', 'running', 'done', 'failed')`,
    [partnerId],
  );
}

/** Whether an export holds data of a partner whose erasure is in progress or, unless those may be read, whose data are restricted. */
export async function hasClosedPartner(
  pool: Pool,
  exportId: string,
  mayReadRestricted: boolean,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `SELECT FROM export_partner JOIN partner_privacy USING (partner_id)
     WHERE export_id = $1 AND (erasure = 'requested' OR erasure = 'restricted' AND NOT $2) LIMIT 1`,
    [exportId, mayReadRestricted],
  );
  return rowCount !== 0;
}

/** How many of the exports withdrawn for a partner still have files. */
export async function countWithdrawn(pool: Pool, partnerId: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM export_partner JOIN export_job USING (export_id)
     WHERE partner_id = $1 AND files_removed_at IS NULL`,
    [partnerId],
  );
  return rows[0]?.count ?? 0;
}

/** The unmasked exports that held data of a partner, newest first, with requester and time. */
export async function exportsOf(pool: Pool, partnerId: string): Promise<NamedExport[]> {
  const { rows } = await pool.query<NamedExport>(
    `SELECT export_id, form, ${isoTime('j.requested_at')} AS requested_at, requested_by ->> 'role' AS role,
       requested_by ->> 'subject' AS subject
     FROM export_partner JOIN export_job AS j USING (export_id)
     WHERE partner_id = $1 ORDER BY j.requested_at DESC LIMIT $2`,
    [partnerId, mostNamed],
  );
  return rows;
}
