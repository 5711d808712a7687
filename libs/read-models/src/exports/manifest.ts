import { createHash } from 'node:crypto';
import type { ExportJob, ExportPart, ExportTotals, Place } from './request.ts';
import { exportOrder } from './request.ts';

/** An export without its files. */
export interface ExportSummary extends Omit<
  ExportJob,
  'scope' | 'requested_by' | 'status' | 'failure' | 'finished_at'
> {
  readonly requested_by: { readonly role: string; readonly subject: string };
  readonly rows: number;
  readonly bytes: number;
  readonly ordered_by: readonly string[];
}

/** The content of an export for verification: each file, and the totals. */
export interface ExportManifest extends ExportSummary {
  /** The places of the first and the last row, by `ordered_by`. */
  readonly first: Place | null;
  readonly last: Place | null;
  /** SHA-256 over the files' SHA-256 in order, each in 64 hexadecimal digits. */
  readonly sha256: string;
  readonly files: readonly ManifestFile[];
}

type ManifestFile = Omit<ExportPart, 'number' | 'is_last'>;

/** The name of the manifest file. */
export const manifestName = 'manifest.json';

export function summaryOf(job: ExportJob, { rows, bytes }: ExportTotals): ExportSummary {
  const { scope: _scope, status: _status, failure: _failure, finished_at: _finishedAt, ...facts } = job;
  const { requested_by, ...request } = facts;
  const { role, subject } = requested_by;
  return { ...request, requested_by: { role, subject }, rows, bytes, ordered_by: exportOrder[job.form] };
}

export function manifestOf(job: ExportJob, parts: readonly ExportPart[]): ExportManifest {
  const sum = (of: (part: ExportPart) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  const digests = parts.map(({ sha256 }) => sha256).join('');
  return {
    ...summaryOf(job, { rows: sum(({ rows }) => rows), bytes: sum(({ bytes }) => bytes) }),
    first: parts[0]?.first ?? null,
    last: parts.findLast(({ last }) => last !== null)?.last ?? null,
    sha256: createHash('sha256').update(digests).digest('hex'),
    files: parts.map(({ number: _number, is_last: _isLast, ...file }) => file),
  };
}

export function manifestText(job: ExportJob, parts: readonly ExportPart[]): string {
  return `${JSON.stringify(manifestOf(job, parts), null, 2)}\n`;
}
