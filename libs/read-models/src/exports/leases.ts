import type { Pool, PoolClient } from 'pg';
import { jobColumns } from './jobs.ts';
import { erasedSince } from './partners.ts';
import type { ExportJob, ExportPart } from './request.ts';

/** The owner of an export. Writes of an earlier epoch are refused. */
export interface ExportLease {
  readonly export_id: string;
  readonly owner: string;
  readonly epoch: string;
}

/** Thrown when the export has another owner, or must no longer be written. */
export class ExportLeaseLostError extends Error {
  override readonly name = 'ExportLeaseLostError';
}

/** Thrown when a partner in a file was erased, or an erasure was requested, since the file was started: it is written again without the partner. */
export class PartnerErasedMeanwhileError extends Error {
  override readonly name = 'PartnerErasedMeanwhileError';
}

/** How often an export is taken over without another file before it fails: it may be what kills the processes. */
const mostAttempts = 10;

/** Claims the export that has waited longest, or one whose owner is dead; undefined: none. */
export async function claimExport(
  pool: Pool,
  owner: string,
  leaseMs: number,
): Promise<{ readonly job: ExportJob; readonly lease: ExportLease } | undefined> {
  const { rows } = await pool.query<ExportJob & { epoch: string; attempts: number }>(
    `UPDATE export_job SET owner = $1, epoch = epoch + 1, attempts = attempts + 1, status = 'running',
       lease_until = clock_timestamp() + $2 * interval '1 millisecond'
     WHERE export_id = (SELECT export_id FROM export_job AS j
       WHERE j.status IN ('waiting', 'running') AND coalesce(j.lease_until, '-infinity') < clock_timestamp()
       ORDER BY j.requested_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING ${jobColumns}, epoch, attempts`,
    [owner, leaseMs],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { epoch, attempts, ...job } = row;
  const lease = { export_id: job.export_id, owner, epoch };
  if (attempts <= mostAttempts) return { job, lease };
  await failExport(pool, lease, 'gave_up');
  return claimExport(pool, owner, leaseMs);
}

const held = `export_id = $1 AND owner = $2 AND epoch = $3 AND status = 'running'`;
const heldBy = ({ export_id, owner, epoch }: ExportLease): string[] => [export_id, owner, epoch];

/** @throws ExportLeaseLostError */
export async function renewLease(pool: Pool, lease: ExportLease, leaseMs: number): Promise<void> {
  const { rowCount } = await pool.query(
    `UPDATE export_job SET lease_until = clock_timestamp() + $4 * interval '1 millisecond' WHERE ${held}`,
    [...heldBy(lease), leaseMs],
  );
  if (rowCount === 0) throw new ExportLeaseLostError();
}

/** Releases an export, to be resumed after some time; `isCounted`: the failure counts as one of its attempts. */
export async function releaseExport(
  pool: Pool,
  lease: ExportLease,
  afterMs: number,
  isCounted: boolean,
): Promise<void> {
  await pool.query(
    `UPDATE export_job SET lease_until = clock_timestamp() + $4 * interval '1 millisecond',
       attempts = attempts - CASE WHEN $5 THEN 0 ELSE 1 END WHERE ${held}`,
    [...heldBy(lease), afterMs, isCounted],
  );
}

/** Releases an export that is over: its former owner writes no more files. */
export async function endLease(pool: Pool, { export_id, owner, epoch }: ExportLease): Promise<void> {
  await pool.query(
    'UPDATE export_job SET lease_until = NULL WHERE export_id = $1 AND owner = $2 AND epoch = $3',
    [export_id, owner, epoch],
  );
}

/** Fails the export. `failure`: a code, not a text. */
async function failExport(pool: Pool, lease: ExportLease, failure: string): Promise<void> {
  await pool.query(
    `UPDATE export_job SET status = 'failed', failure = $4, finished_at = now(), lease_until = NULL WHERE ${held}`,
    [...heldBy(lease), failure],
  );
}

/** Completes the export. @throws ExportLeaseLostError */
export async function finishExport(pool: Pool, lease: ExportLease): Promise<void> {
  const { rowCount } = await pool.query(
    `UPDATE export_job SET status = 'done', finished_at = now(), lease_until = NULL WHERE ${held}`,
    heldBy(lease),
  );
  if (rowCount === 0) throw new ExportLeaseLostError();
}

/** The facts of a written file. */
export interface WrittenPart {
  readonly part: ExportPart;
  /** For an unmasked export: the partners of its rows, and when (by PostgreSQL's clock) the first of them was read. */
  readonly partners: readonly string[];
  readonly begunAt: string;
}

/**
 * Adds a file: from now on it is part of the export, and the next file starts after it.
 * @throws ExportLeaseLostError, PartnerErasedMeanwhileError
 */
export async function commitPart(pool: Pool, lease: ExportLease, written: WrittenPart): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await insertPart(client, lease, written);
    await client.query('COMMIT');
    client.release();
  } catch (error) {
    const isOurs = error instanceof ExportLeaseLostError || error instanceof PartnerErasedMeanwhileError;
    if (isOurs) await client.query('ROLLBACK').catch(() => undefined);
    client.release(!isOurs);
    throw error;
  }
}

async function insertPart(
  client: PoolClient,
  lease: ExportLease,
  { part, partners, begunAt }: WrittenPart,
): Promise<void> {
  const { rowCount } = await client.query(`UPDATE export_job SET attempts = 1 WHERE ${held}`, heldBy(lease));
  if (rowCount === 0) throw new ExportLeaseLostError();
  if (await erasedSince(client, partners, begunAt)) throw new PartnerErasedMeanwhileError();
  const { number, name, rows, bytes, sha256, first, last, is_last } = part;
  const places = [first, last].map((place) => (place === null ? null : JSON.stringify(place)));
  await client.query(
    `INSERT INTO export_part (export_id, number, name, rows, bytes, sha256, first_place, last_place, is_last)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [lease.export_id, number, name, rows, bytes, sha256, ...places, is_last],
  );
}
