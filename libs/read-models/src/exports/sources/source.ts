import type { Pool } from 'pg';
import type { Queryable } from '../../queries/queryable.ts';
import type { DataKeys } from '#privacy';
import type { EventStore } from '#sessions';
import type { ExportRow } from '../columns.ts';
import type { ExportJob, Place } from '../request.ts';

/** Rows in order, with the places of the first and the last of them. */
export interface ExportBatch {
  readonly rows: readonly ExportRow[];
  readonly first: Place;
  readonly last: Place;
}

export type RowsRead<T> = (db: Queryable) => Promise<T>;

/** An event as it is shown. */
export interface ShownEvent {
  readonly type: string;
  readonly data: object;
  readonly metadata: object;
}

/** Masks personal values in a masked export. */
export interface ExportMasks {
  readonly turn: (row: ExportRow) => ExportRow;
  readonly event: <E extends ShownEvent>(event: E) => E;
}

export interface ExportPorts {
  readonly pool: Pool;
  /**
   * Reads rows from a replica that has replayed the primary's log up to a position; resolves to undefined when there is none.
   * Absent: there are no replicas.
   */
  readonly readReplica?: <T>(read: RowsRead<T>, atLeast: bigint) => Promise<T | undefined>;
  readonly store: EventStore;
  /** Undefined: nothing is encrypted. */
  readonly keys: DataKeys | undefined;
  readonly masks: ExportMasks;
}

export interface SourceContext extends ExportPorts {
  readonly job: ExportJob;
  /** Reads rows as the primary had them at the start of the file, or later; a replica may answer. */
  readonly rows: <T>(read: RowsRead<T>) => Promise<T>;
  /** Called with the partners of rows before any of them is opened. */
  readonly note: (partners: readonly string[]) => Promise<void>;
}

/** The rows of an export after a place; null: from the first row. */
export type ExportSource = (context: SourceContext, after: Place | null) => AsyncGenerator<ExportBatch>;

/** Rows read and opened at a time. */
export const pageRows = 200;

/** The time of a column to the microsecond, as in a place. */
export function placeTime(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
