import type { Sender } from '#domain';
import type { Caller } from '#privacy';

/** What the rows of an export are. `training`: a conversation a row, made for whoever trains or evaluates a model. */
export const exportForms = ['turns', 'sessions', 'events', 'training'] as const;
export type ExportForm = (typeof exportForms)[number];

export const exportFormats = ['ndjson', 'csv', 'parquet'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Which rows. Turns count by the time by which they are listed; sessions, their events and conversations by their start. */
export interface ExportFilter {
  /** ISO 8601, this time included. */
  readonly from: string;
  /** ISO 8601, this time excluded. */
  readonly to?: string | undefined;
  readonly partner_id?: string | undefined;
  readonly channel?: string | undefined;
  /** Of turns only, as the next two. */
  readonly session_id?: string | undefined;
  readonly parsed_intent?: string | undefined;
  readonly sender?: Sender | undefined;
}

/** What the requester may see. */
export interface ExportScope {
  readonly partners?: readonly string[] | undefined;
  readonly channels?: readonly string[] | undefined;
  /** Whether partners whose data are restricted are part of it. */
  readonly restricted: boolean;
}

export type Requester = Pick<Caller, 'role' | 'subject' | 'instance' | 'limits'>;

export interface ExportRequest {
  readonly export_id: string;
  readonly form: ExportForm;
  readonly format: ExportFormat;
  /** Of NDJSON and CSV; Parquet is compressed in itself. */
  readonly gzip: boolean;
  readonly filter: ExportFilter;
  readonly scope: ExportScope;
  readonly masked: boolean;
  readonly purpose: string | null;
  readonly requested_by: Requester;
}

export type ExportStatus = 'waiting' | 'running' | 'done' | 'failed' | 'withdrawn' | 'deleted' | 'expired';

/** Where a row stands in the order of its export: the values that the rows are ordered by. */
export type Place = readonly string[];

/** What the rows of each form are ordered by. */
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
  /** The export holds what happened before. */
  readonly until: string;
  /** What happened until then was in the tables when the export was asked for; null: it was not known. */
  readonly projected_until: string | null;
}

/** A file of an export that is complete. */
export interface ExportPart {
  readonly number: number;
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  /** Of the file as it is stored, in hexadecimal digits. */
  readonly sha256: string;
  readonly first: Place | null;
  readonly last: Place | null;
  readonly is_last: boolean;
}

/** What the files of an export have that are complete. */
export type ExportTotals = Pick<ExportPart, 'rows' | 'bytes'>;
