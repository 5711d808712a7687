import type { Pool } from 'pg';
import { withClient } from '#platform';
import type { Page } from '../queries/conditions.ts';
import { Conditions } from '../queries/conditions.ts';
import { decodeCursor, encodeCursor } from '../queries/cursor.ts';
import { isoTime } from '../queries/iso-time.ts';
import { projectedUntil } from '../erasure/partner-privacy.ts';
import type { ExportJob, ExportPart, ExportRequest, ExportTotals, Requester } from './request.ts';

/** The columns of a job. */
export const jobColumns = `export_id, form, format, gzip, filter, scope, masked, purpose, requested_by, status, failure,
  ${isoTime('requested_at')} AS requested_at, ${isoTime('finished_at')} AS finished_at, ${isoTime('until')} AS until,
  ${isoTime('projected_until')} AS projected_until`;

/** Thrown when the id of an export was used for another request. */
export class ExportIdReusedError extends Error {
  override readonly name = 'ExportIdReusedError';
}

/** Thrown when a subject has reached its limit of unfinished exports. */
export class TooManyExportsError extends Error {
  override readonly name = 'TooManyExportsError';
}

/** Unfinished exports allowed per subject. */
const unfinishedAtOnce = 20;
/** The advisory locks under which exports of a subject are requested: one after the other. */
const subjectLock = 7_230_121;

/**
 * Requests an export; the same request again returns the same job. Its coverage is fixed here: what happened before `to`,
 * before now, and within the known state of the tables.
 * @throws ExportIdReusedError, TooManyExportsError
 */
export async function requestExport(pool: Pool, request: ExportRequest): Promise<ExportJob> {
  const find = (): Promise<ExportJob | undefined> => findExport(pool, request.export_id);
  const job = (await find()) ?? (await addExport(pool, request)) ?? (await find());
  if (job === undefined) throw new TooManyExportsError();
  if (canonical(job) !== canonical(request)) throw new ExportIdReusedError();
  return job;
}

/** Undefined: the subject has reached its limit, or the id was used meanwhile. */
async function addExport(pool: Pool, request: ExportRequest): Promise<ExportJob | undefined> {
  const projected = (await projectedUntil(pool)) ?? null;
  const { export_id, form, format, gzip, filter, scope, masked, purpose, requested_by } = request;
  const values = [
    export_id,
    form,
    format,
    gzip,
    JSON.stringify(filter),
    JSON.stringify(scope),
    masked,
    purpose,
    JSON.stringify(requested_by),
    filter.to,
    projected,
    requested_by.subject,
    unfinishedAtOnce,
  ];
  return withClient(pool, async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [subjectLock, requested_by.subject]);
    const { rows } = await client.query<ExportJob>(
      `INSERT INTO export_job (export_id, form, format, gzip, filter, scope, masked, purpose, requested_by, until,
         projected_until)
       SELECT $1, $2, $3, $4::boolean, $5::jsonb, $6::jsonb, $7::boolean, $8, $9::jsonb,
         date_trunc('milliseconds', least($10::timestamptz, $11::timestamptz, now())), $11
       WHERE $13 > (SELECT count(*) FROM export_job
         WHERE status IN ('waiting', 'running') AND requested_by ->> 'subject' = $12)
       ON CONFLICT DO NOTHING RETURNING ${jobColumns}`,
      values,
    );
    await client.query('COMMIT');
    return rows[0];
  });
}

/** What was asked, and who asked. What the requester may see follows from settings, which may have changed since. */
function canonical({ form, format, gzip, filter, masked, purpose, requested_by }: ExportRequest): string {
  const { role, subject, limits } = requested_by;
  const parts = [sorted(filter), sorted(limits)];
  return JSON.stringify([form, format, gzip, masked, purpose, role, subject, ...parts]);
}

/** Whether a caller requested it, with the same role and limits. */
export function isAskedBy({ requested_by }: ExportJob, caller: Requester): boolean {
  return identityOf(requested_by) === identityOf(caller);
}

function identityOf({ role, subject, limits }: Requester): string {
  return JSON.stringify([role, subject, ...sorted(limits)]);
}

/** The defined members of an object, ordered by name: PostgreSQL's JSON has another order. */
function sorted(object: object): unknown[] {
  return Object.entries(object)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

export async function findExport(pool: Pool, exportId: string): Promise<ExportJob | undefined> {
  const { rows } = await pool.query<ExportJob>(`SELECT ${jobColumns} FROM export_job WHERE export_id = $1`, [
    exportId,
  ]);
  return rows[0];
}

/** The exports of a requester, newest first: those requested with the same role and limits. @throws InvalidCursorError */
export async function listExports(
  pool: Pool,
  { subject, role, limits }: Requester,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<Page<ExportJob>> {
  const conditions = new Conditions()
    .add(`requested_by ->> 'subject' = $?`, subject)
    .add(`requested_by ->> 'role' = $?`, role)
    .add(`requested_by -> 'limits' = $?::jsonb`, JSON.stringify(limits));
  if (after !== undefined)
    conditions.add('(j.requested_at, export_id) < ($?, $?::uuid)', ...decodeCursor(after, ['time', 'uuid']));
  const { rows } = await pool.query<ExportJob & { place: string }>(
    `SELECT ${jobColumns}, to_char(j.requested_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS place
     FROM export_job AS j ${conditions.where()}
     ORDER BY j.requested_at DESC, export_id DESC LIMIT ${conditions.parameter(limit + 1)}`,
    conditions.values,
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next = rows.length > limit && last !== undefined ? encodeCursor([last.place, last.export_id]) : null;
  return { items: items.map(({ place: _place, ...job }) => job), next };
}

/** The complete files, in order. */
export async function partsOf(pool: Pick<Pool, 'query'>, exportId: string): Promise<ExportPart[]> {
  const { rows } = await pool.query<ExportPart>(
    `SELECT number, name, rows::int, bytes::float8, sha256, first_place AS first, last_place AS last, is_last
     FROM export_part WHERE export_id = $1 ORDER BY number`,
    [exportId],
  );
  return rows;
}

/** The totals of the complete files, by export; exports without files are left out. */
export async function totalsOf(
  pool: Pick<Pool, 'query'>,
  exportIds: readonly string[],
): Promise<Map<string, ExportTotals>> {
  const { rows } = await pool.query<ExportTotals & { export_id: string }>(
    `SELECT export_id, sum(rows)::float8 AS rows, sum(bytes)::float8 AS bytes
     FROM export_part WHERE export_id = ANY ($1::uuid[]) GROUP BY export_id`,
    [exportIds],
  );
  return new Map(rows.map(({ export_id, ...totals }) => [export_id, totals]));
}

/** Deletes an export in any state: its files will be removed. */
export async function deleteExport(pool: Pool, exportId: string): Promise<void> {
  await pool.query(
    `UPDATE export_job SET status = 'deleted', finished_at = coalesce(finished_at, now())
     WHERE export_id = $1 AND status IN ('waiting', 'running', 'done', 'failed')`,
    [exportId],
  );
}

/** Expires exports that finished more than this many seconds ago. */
export async function expireExports(pool: Pool, keepS: number): Promise<void> {
  await pool.query(
    `UPDATE export_job SET status = 'expired'
     WHERE status IN ('done', 'failed') AND files_removed_at IS NULL AND finished_at < now() - $1 * interval '1 second'`,
    [keepS],
  );
}

const over = `status IN ('withdrawn', 'deleted', 'expired')`;

/** Whether an export can no longer be fetched. */
export async function isOver(pool: Pool, exportId: string): Promise<boolean> {
  const { rowCount } = await pool.query(`SELECT FROM export_job WHERE export_id = $1 AND ${over}`, [
    exportId,
  ]);
  return rowCount !== 0;
}

/** Exports that are over and may still have files; not those that may still be written. */
export async function exportsToRemove(pool: Pool, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ export_id: string }>(
    `SELECT export_id FROM export_job
     WHERE ${over} AND files_removed_at IS NULL AND coalesce(lease_until, '-infinity') < clock_timestamp() ORDER BY finished_at LIMIT $1`,
    [limit],
  );
  return rows.map(({ export_id }) => export_id);
}

export async function noteFilesRemoved(pool: Pool, exportId: string): Promise<void> {
  await pool.query('UPDATE export_job SET files_removed_at = now() WHERE export_id = $1', [exportId]);
}
