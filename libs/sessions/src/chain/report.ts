/**
 * What is wrong with a history. `changed`: the event is not what was appended behind the one before. `moved`: it belongs at another
 * revision. `inserted`: nothing knows it. `dropped`: events between others are not there; `missing`: the first ones are not, and no
 * record says why. `unreadable`: the store refuses it. `rewritten`: a signed root says another hash of the history up to it.
 * `removed`: a signed root knows later events than there are. `unchained`: it has no hash where a root counted no such event.
 */
export type FaultKind =
  | 'changed'
  | 'moved'
  | 'inserted'
  | 'dropped'
  | 'missing'
  | 'unreadable'
  | 'rewritten'
  | 'removed'
  | 'unchained';

/** A place where a history is not what was recorded. */
export interface Fault {
  readonly kind: FaultKind;
  readonly revision: number;
  /** The last revision, where there are several. */
  readonly to?: number;
  /** The revision that an event that was moved belongs at. */
  readonly belongs_at?: number;
  readonly event_id?: string;
  readonly type?: string;
  readonly detail: string;
}

/** What cannot be proven, and is no fault: events of an older version, or that were removed on record. */
export interface Gap {
  readonly kind: 'not_chained' | 'truncated' | 'deleted';
  readonly from: number;
  readonly to: number;
  /** Of events that were removed: why, as the record says; not known of those that were removed before there were records. */
  readonly reason?: string;
}

/** What was found of one stream. */
export interface StreamReport {
  readonly session_id: string;
  readonly intact: boolean;
  /** Events that are there. */
  readonly events: number;
  /** The last revision; -1: there is no event. */
  readonly revision: number;
  /** The hash of the whole history up to there. */
  readonly chain: string | null;
  /** The last revision that a signed root covers; null: none yet. */
  readonly sealed_to: number | null;
  readonly faults: readonly Fault[];
  readonly gaps: readonly Gap[];
}
