import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { randomUUID } from 'node:crypto';
import { ProblemError } from '#platform';
import type { Caller } from '#privacy';
import { RetentionConfig } from '#privacy';
import type { ExportJob, ExportPart, ExportTotals } from '#read-models';
import {
  ExportFiles,
  hasClosedPartner,
  isAskedBy,
  findExport,
  listExports,
  manifestName,
  manifestText,
  partsOf,
  requestExport,
  summaryOf,
  totalsOf,
} from '#read-models';
import { AccessLog } from '#sessions';
import { forbidden } from '../access/problems.ts';
import { viewOf } from '../privacy/masking.ts';
import type { ExportRequestDto, ExportsPageDto, ExportsQuery, ListedExportDto } from './dto.ts';

/** A file to download, with its validators. */
interface FetchedFile {
  readonly job: ExportJob;
  readonly name: string;
  readonly size: number;
  readonly etag: string;
  readonly read: (range: { readonly start: number; readonly end: number }) => Promise<Readable>;
}

/** Exports as seen by the callers that requested them. */
@Injectable()
export class Exports {
  constructor(
    private readonly pool: Pool,
    private readonly files: ExportFiles,
    private readonly accessLog: AccessLog,
    @Inject(RetentionConfig) private readonly retention: Pick<RetentionConfig, 'restrictedRole'>,
  ) {}

  /** @throws ExportIdReusedError, TooManyExportsError, ProblemError `forbidden` for a token limited to regions */
  async request(caller: Caller, body: ExportRequestDto, purpose: string | undefined): Promise<ExportJob> {
    const { role, subject, instance, limits, readDays } = caller;
    const { partners, channels, regions } = limits;
    if (regions !== undefined) throw forbidden('A token that is limited to regions has no exports.');
    const { export_id = randomUUID(), form, format, gzip, ...filter } = body;
    const masked = purpose === undefined || viewOf(caller, purpose) === 'masked';
    return requestExport(this.pool, {
      export_id,
      form,
      format,
      gzip,
      filter,
      scope: {
        partners,
        channels,
        sessions_days: readDays?.sessions,
        restricted: role === this.retention.restrictedRole,
      },
      masked,
      purpose: purpose ?? null,
      requested_by: { role, subject, instance, limits },
    });
  }

  /** @throws ProblemError `not_found`, also for an export of another caller */
  async find(caller: Caller, exportId: string): Promise<ExportJob> {
    const job = await findExport(this.pool, exportId);
    if (job === undefined || !isAskedBy(job, caller)) throw exportNotFound();
    return job;
  }

  /** The exports that a caller requested, without their files. @throws InvalidCursorError */
  async list(caller: Caller, page: ExportsQuery): Promise<ExportsPageDto> {
    const { items, next } = await listExports(this.pool, caller, page);
    const there = items.filter(({ status }) => isThere(status)).map(({ export_id }) => export_id);
    const totals = await totalsOf(this.pool, there);
    return { items: items.map((job) => listed(job, totals.get(job.export_id))), next };
  }

  /** The files that may be downloaded. */
  async partsOf({ export_id, status }: ExportJob): Promise<ExportPart[]> {
    return isThere(status) ? partsOf(this.pool, export_id) : [];
  }

  /** A file that may be downloaded. @throws ProblemError `not_found`, `partner_restricted` */
  async file(caller: Caller, exportId: string, name: string): Promise<FetchedFile> {
    const job = await this.find(caller, exportId);
    const parts = await this.partsOf(job);
    const file = name === manifestName ? manifestFile(job, parts) : this.partFile(job, parts, name);
    if (file === undefined) throw exportNotFound();
    if (!job.masked && (await hasClosedPartner(this.pool, exportId, job.scope.restricted)))
      throw new ProblemError(
        'partner_restricted',
        'It holds data of a partner who has asked to be erased since. Request another export.',
      );
    return file;
  }

  /** Records the download of an unmasked file before it is sent. @throws StoreUnavailableError */
  async recordFetch(caller: Caller, { job, name }: FetchedFile): Promise<void> {
    if (job.masked || name === manifestName) return;
    const what = `export ${job.export_id} ${name}`;
    const entry = { partner_ids: [], session_ids: [], purpose: job.purpose, what };
    await this.accessLog.record({ caller, action: 'fetch_export', ...entry });
  }

  private partFile(job: ExportJob, parts: readonly ExportPart[], name: string): FetchedFile | undefined {
    const part = parts.find((part) => part.name === name);
    if (part === undefined) return undefined;
    const read = async (range: { start: number; end: number }): Promise<Readable> =>
      // An empty file has no range.
      part.bytes === 0
        ? Readable.from([])
        : (await this.files.open(job.export_id, name)).createReadStream(range);
    return { job, name, size: part.bytes, etag: `"${part.sha256}"`, read };
  }
}

function listed(job: ExportJob, totals: ExportTotals = { rows: 0, bytes: 0 }): ListedExportDto {
  const { status, failure, finished_at } = job;
  return { ...summaryOf(job, totals), status, failure, finished_at };
}

function isThere(status: ExportJob['status']): boolean {
  return status === 'running' || status === 'done';
}

/** The manifest of a complete export. */
function manifestFile(job: ExportJob, parts: readonly ExportPart[]): FetchedFile | undefined {
  if (job.status !== 'done') return undefined;
  const text = Buffer.from(manifestText(job, parts));
  return {
    job,
    name: manifestName,
    size: text.length,
    etag: `"${job.export_id}"`,
    read: async ({ start, end }) => Readable.from([text.subarray(start, end + 1)]),
  };
}

function exportNotFound(): ProblemError {
  return new ProblemError('not_found', 'There is no such export, or it has no such file.');
}
