import type { RootFault } from './roots/read-root.ts';

/**
 * What is wrong with a history. `changed`: the event is not the one that was appended after its predecessor. `moved`: it belongs at another
 * revision. `inserted`: it was never appended here. `dropped`: events between others are missing; `missing`: the first ones are missing
 * without a removal record. `unreadable`: the store refuses it, or everything from there on. `rewritten`: a signed root has another hash of the history up to it.
 * `removed`: a signed root covers later events than there are. `unchained`: it has no hash where a root counted no such event.
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

/** A place where a history differs from what was recorded. */
export interface Fault {
  readonly kind: FaultKind;
  readonly revision: number;
  /** The last revision, where there are several. */
  readonly to?: number;
  /** The revision where a moved event belongs. */
  readonly belongs_at?: number;
  readonly event_id?: string;
  readonly type?: string;
  readonly detail: string;
}

/** What cannot be proven and is no fault: events of an older version, or events with a removal record. */
export interface Gap {
  readonly kind: 'not_chained' | 'truncated' | 'deleted';
  readonly from: number;
  readonly to: number;
  /** Of removed events: the reason on record; absent for removals before there were records. */
  readonly reason?: string;
}

/** The result of checking one stream. */
export interface StreamReport {
  readonly session_id: string;
  /** Whether there is neither a fault nor a fault of a root that may hide one. */
  readonly intact: boolean;
  /** Events in the stream. */
  readonly events: number;
  /** The last revision; -1: there is no event. */
  readonly revision: number;
  /** The hash of the whole history up to there. */
  readonly chain: string | null;
  /** The last revision that a signed root covers; null: none yet. */
  readonly sealed_to: number | null;
  readonly faults: readonly Fault[];
  /** Faults of roots that may cover the session, so that these prove nothing about it; the first ones. */
  readonly root_faults: readonly RootFault[];
  readonly gaps: readonly Gap[];
}
