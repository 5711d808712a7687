import type { Sender } from '#domain';
import type { Caller } from '#privacy';
import { daysBefore } from '#platform';

/** The form of an export's rows. `training`: one conversation a row, for training or evaluating a model. */
export const exportForms = ['turns', 'sessions', 'events', 'training'] as const;
export type ExportForm = (typeof exportForms)[number];

export const exportFormats = ['ndjson', 'csv', 'parquet'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Which rows to export. Turns are selected by their listing time; sessions, their events and conversations by their start. */
export interface ExportFilter {
  /** ISO 8601, inclusive. */
  readonly from: string;
  /** ISO 8601, exclusive. */
  readonly to?: string | undefined;
  readonly partner_id?: string | undefined;
  readonly channel?: string | undefined;
  /** For turns only, like the next two. */
  readonly session_id?: string | undefined;
  readonly parsed_intent?: string | undefined;
  readonly sender?: Sender | undefined;
}

/** What the requester may see. */
interface ExportScope {
  readonly partners?: readonly string[] | undefined;
  readonly channels?: readonly string[] | undefined;
  /** Only sessions that are active, or were within so many days before the request. */
  readonly sessions_days?: number | undefined;
  /** Whether restricted partners are included. */
  readonly restricted: boolean;
}

export type Requester = Pick<Caller, 'role' | 'subject' | 'instance' | 'limits'>;

export interface ExportRequest {
  readonly export_id: string;
  readonly form: ExportForm;
  readonly format: ExportFormat;
  /** For NDJSON and CSV; Parquet has its own compression. */
  readonly gzip: boolean;
  readonly filter: ExportFilter;
  readonly scope: ExportScope;
  readonly masked: boolean;
  readonly purpose: string | null;
  readonly requested_by: Requester;
}

export type ExportStatus = 'waiting' | 'running' | 'done' | 'failed' | 'withdrawn' | 'deleted' | 'expired';

/** The place of a row in its export: the values of the order columns. */
export type Place = readonly string[];

/** The order columns of each form. */
export const exportOrder: Readonly<Record<ExportForm, readonly string[]>> = {
  turns: ['ordered_at', 'session_id', 'revision'],
  sessions: ['start_time', 'session_id'],
  events: ['start_time', 'session_id', 'revision'],
  training: ['start_time', 'session_id'],
};

export interface ExportJob extends ExportRequest {
  readonly status: ExportStatus;
  readonly failure: string | null;
  /** ISO 8601, as all times here. */
  readonly requested_at: string;
  readonly finished_at: string | null;
  /** The export covers what happened before this time. */
  readonly until: string;
  /** The tables were complete up to this time when the export was requested; null: unknown. */
  readonly projected_until: string | null;
}

/** The time since which the sessions of an export have to be active; undefined: any. */
export function activeSince({ scope, requested_at }: ExportJob): string | undefined {
  return scope.sessions_days === undefined ? undefined : daysBefore(requested_at, scope.sessions_days);
}

/** A complete file of an export. */
export interface ExportPart {
  readonly number: number;
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  /** Of the stored file, in hexadecimal digits. */
  readonly sha256: string;
  readonly first: Place | null;
  readonly last: Place | null;
  readonly is_last: boolean;
}

/** The totals of the complete files of an export. */
export type ExportTotals = Pick<ExportPart, 'rows' | 'bytes'>;
