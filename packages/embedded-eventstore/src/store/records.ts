/** The revision of a tombstone inside this server; on the wire it is 2^63 - 1. */
export const DELETED_REVISION = Number.MAX_SAFE_INTEGER;
/** The last revision of a stream that has no events. */
export const NO_STREAM = -1;

/** One stored event. */
export interface EventRecord {
  readonly pos: number;
  readonly stream: string;
  readonly rev: number;
  /** 16 bytes. */
  readonly id: Buffer;
  readonly type: string;
  readonly isJson: boolean;
  /** Microseconds since 1970. */
  readonly created: number;
  readonly data: Buffer;
  readonly meta: Buffer;
}

/** An event to append. */
export interface ProposedEvent {
  readonly id: Buffer;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: Buffer;
  readonly meta: Buffer;
}

/** A record and, for a resolved link, its target. */
export interface ResolvedEvent {
  /** Undefined when the target of the link does not exist. */
  readonly event?: EventRecord;
  readonly link?: EventRecord;
}

export type ExpectedRevision = number | 'no_stream' | 'any' | 'stream_exists';

/** The record whose position is used and acknowledged: the link if there is one. */
export const originalOf = (resolved: ResolvedEvent): EventRecord => {
  const original = resolved.link ?? resolved.event;
  if (!original) throw new Error('A resolved event holds neither an event nor a link');
  return original;
};
