import type { Logger } from '#platform';
import { isUnavailable, repeat } from '#platform';
import type { AccessLog } from '#sessions';
import { assertFolder, claimFolder, ExportFolderError, folderId } from './folder.ts';
import { exportsToRemove, expireExports, isOver, noteFilesRemoved, partsOf } from './jobs.ts';
import type { ExportLease, WrittenPart } from './leases.ts';
import {
  claimExport,
  commitPart,
  ExportLeaseLostError,
  endLease,
  finishExport,
  PartnerErasedMeanwhileError,
  releaseExport,
  renewLease,
} from './leases.ts';
import { manifestName, manifestText } from './manifest.ts';
import type { ExportJob } from './request.ts';
import type { PartPorts } from './write-part.ts';
import { writePart } from './write-part.ts';

/** Partners per record of the access log. */
const partnersPerRecord = 500;
/** Pause before a failed export is retried. */
const pauseMs = 2_000;
/** Exports whose files are removed per round. */
const removedAtOnce = 100;
/** PostgreSQL: statement timeout. The next attempt may be as slow. */
const tooSlow = '57014';

export interface RunnerPorts extends PartPorts {
  readonly accessLog: Pick<AccessLog, 'record'>;
  readonly logger: Logger;
  /** The name of this process. */
  readonly owner: string;
  readonly leaseMs: number;
  /** How long the files of a finished export are kept. */
  readonly keepS: number;
}

/**
 * Writes exports, one at a time, each under a lease. When a process dies, the next one continues its export after the last
 * complete file: no row is missing or duplicated.
 */
export class ExportRunner {
  constructor(private readonly ports: RunnerPorts) {}

  /** Writes the waiting exports; returns how many were processed. @throws ExportFolderError */
  async round(signal: AbortSignal): Promise<number> {
    let worked = 0;
    while (!signal.aborted) {
      await claimFolder(this.ports.pool, this.ports.files);
      const claimed = await claimExport(this.ports.pool, this.ports.owner, this.ports.leaseMs);
      if (claimed === undefined) break;
      worked += 1;
      await this.work(claimed.job, claimed.lease, signal);
    }
    return worked;
  }

  private async work(job: ExportJob, lease: ExportLease, stopping: AbortSignal): Promise<void> {
    const { pool, logger, leaseMs } = this.ports;
    const ended = new AbortController();
    const signal = AbortSignal.any([stopping, ended.signal]);
    const renewing = repeat(() => renewLease(pool, lease, leaseMs), {
      everyMs: leaseMs / 3,
      signal,
      onError: (error) => {
        if (error instanceof ExportLeaseLostError) ended.abort(error);
      },
    });
    try {
      await this.write(job, lease, signal);
    } catch (err) {
      if (!(err instanceof ExportLeaseLostError)) {
        const isOurs = !stopping.aborted && isOfExport(err);
        if (isOurs) logger.warn({ err, export_id: job.export_id }, 'export interrupted');
        await releaseExport(pool, lease, stopping.aborted ? 0 : pauseMs, isOurs).catch(() => undefined);
      }
      await this.leave(lease);
    } finally {
      ended.abort();
      await renewing;
    }
  }

  /** Removes files written after the export was over, even if its files had been removed before. */
  private async leave(lease: ExportLease): Promise<void> {
    const { pool, files, logger } = this.ports;
    try {
      if (!(await isOver(pool, lease.export_id))) return;
      await assertFolder(pool, files);
      await files.remove(lease.export_id);
      await endLease(pool, lease);
    } catch (err) {
      logger.warn({ err, export_id: lease.export_id }, 'files of an export are left behind');
    }
  }

  private async write(job: ExportJob, lease: ExportLease, signal: AbortSignal): Promise<void> {
    const { pool, files } = this.ports;
    const parts = await partsOf(pool, job.export_id);
    let last = parts.at(-1);
    while (last?.is_last !== true) {
      await assertFolder(pool, files);
      const next = { number: (last?.number ?? 0) + 1, after: last?.last ?? null };
      const written = await writePart(this.ports, job, lease, next, signal);
      if (written.part.rows === 0 && last !== undefined) break;
      await this.record(job, written);
      await assertFolder(pool, files);
      try {
        await commitPart(pool, lease, written);
        last = written.part;
      } catch (error) {
        if (!(error instanceof PartnerErasedMeanwhileError)) throw error;
      }
    }
    const complete = await partsOf(pool, job.export_id);
    const names = complete.map(({ name }) => name);
    await files.removeOthers(job.export_id, names);
    await files.write(job.export_id, manifestName, manifestText(job, complete));
    await finishExport(pool, lease);
  }

  /** Records whose data a file shows before anyone can fetch it. */
  private async record({ masked, ...job }: ExportJob, { partners }: WrittenPart): Promise<void> {
    if (masked) return;
    const { export_id, form, requested_by: caller, purpose } = job;
    const entry = { caller, action: `export_${form}`, session_ids: [], purpose, what: `export ${export_id}` };
    for (let from = 0; from < partners.length; from += partnersPerRecord) {
      const partner_ids = partners.slice(from, from + partnersPerRecord);
      await this.ports.accessLog.record({ ...entry, partner_ids });
    }
  }

  /** Removes the files of exports that are over. @throws ExportFolderError: they may be in a folder that this process does not see */
  async removeFiles(): Promise<void> {
    const { pool, files, keepS } = this.ports;
    await expireExports(pool, keepS);
    const ids = await exportsToRemove(pool, removedAtOnce);
    // Without a folder, no export was ever written and there are no files.
    const isAnywhere = ids.length > 0 && (await folderId(pool)) !== undefined;
    if (isAnywhere) await assertFolder(pool, files);
    for (const id of ids) {
      if (isAnywhere) {
        await files.remove(id);
        await assertFolder(pool, files);
      }
      await noteFilesRemoved(pool, id);
    }
  }
}

/** Whether an attempt failed for a reason that may affect the next one, too. */
function isOfExport(error: unknown): boolean {
  if (error instanceof ExportFolderError) return false;
  return !isUnavailable(error) || (error as { code?: unknown }).code === tooSlow;
}
