import type { EventLog } from './event-log.ts';
import { SOFT_DELETE_METADATA, withTruncateBefore } from './metadata.ts';
import {
  DELETED_REVISION,
  NO_STREAM,
  type EventRecord,
  type ExpectedRevision,
  type ProposedEvent,
} from './records.ts';
import { isMetastream, METADATA_TYPE, metastreamOf, originalStreamOf } from './stream-names.ts';
import { isTombstoned, type Stream, type Streams } from './streams.ts';
import { newId } from './event-id.ts';

export type WriteOutcome =
  | { readonly kind: 'written'; readonly revision: number; readonly pos: number }
  | { readonly kind: 'wrong_version'; readonly current: number }
  | { readonly kind: 'deleted' };

/** Whether a write lost against another one, which readers may not see yet. */
export const isConflict = (result: unknown): boolean =>
  (result as Partial<WriteOutcome> | undefined)?.kind === 'wrong_version';

/** A transaction of the writer; `events` collects the stored events. */
export interface Transaction {
  readonly log: EventLog;
  readonly streams: Streams;
  readonly events: EventRecord[];
  /** Microseconds since 1970. */
  readonly now: number;
}

/** Appends all `events` or none. A retry of stored events returns the original result. */
export const append = (
  tx: Transaction,
  name: string,
  expected: ExpectedRevision,
  events: readonly ProposedEvent[],
): WriteOutcome => {
  const stream = tx.streams.get(name);
  const refusal = check(tx, stream, expected, events);
  if (refusal) return refusal;
  const undeletes = tx.streams.metadata(stream).softDeleted && events.length > 0;
  const original = isMetastream(name) ? tx.streams.get(originalStreamOf(name)) : undefined;
  const undeletesOriginal = original && !isTombstoned(original) && tx.streams.metadata(original).softDeleted;
  const firstNew = stream.last + 1;
  for (const event of events) store(tx, stream, stream.last + 1, event);
  const { last } = stream;
  const pos = tx.log.last;
  if (undeletes) truncateBefore(tx, name, firstNew);
  if (undeletesOriginal) truncateBefore(tx, original.name, original.last + 1);
  return { kind: 'written', revision: last, pos };
};

/** Writes `{"$tb": 2^63 - 1}` as the stream's metadata: its events become unreadable, its revisions continue. */
export const softDelete = (tx: Transaction, name: string, expected: ExpectedRevision): WriteOutcome => {
  const stream = tx.streams.get(name);
  const refusal = checkDelete(tx, stream, expected);
  if (refusal) return refusal;
  const metastream = tx.streams.get(metastreamOf(name));
  if (stream.last === NO_STREAM && metastream.last === NO_STREAM) return wrongVersion(stream);
  return writeMetadata(tx, name, SOFT_DELETE_METADATA);
};

/** Deletes the stream permanently. */
export const tombstone = (tx: Transaction, name: string, expected: ExpectedRevision): WriteOutcome => {
  const stream = tx.streams.get(name);
  const refusal = checkDelete(tx, stream, expected);
  if (refusal) return refusal;
  const type = '$streamDeleted';
  store(tx, stream, DELETED_REVISION, {
    id: newId(),
    type,
    isJson: true,
    data: EMPTY,
    meta: EMPTY,
  });
  return { kind: 'written', revision: DELETED_REVISION, pos: tx.log.last };
};

const EMPTY = Buffer.alloc(0);

/** Undefined when the events must be appended; otherwise the outcome, which may be that of the original append. */
const check = (
  tx: Transaction,
  stream: Stream,
  expected: ExpectedRevision,
  events: readonly ProposedEvent[],
): WriteOutcome | undefined => {
  if (isTombstoned(stream)) return { kind: 'deleted' };
  if (expected === 'stream_exists') {
    if (tx.streams.metadata(stream).softDeleted) return { kind: 'deleted' };
    if (stream.last === NO_STREAM && tx.streams.get(metastreamOf(stream.name)).last === NO_STREAM) {
      return wrongVersion(stream);
    }
  }
  if (expected === 'any' || expected === 'stream_exists') return findCommitted(tx, stream, events);
  const revision = expected === 'no_stream' ? NO_STREAM : expected;
  if (revision === stream.last) return undefined;
  return revision < stream.last ? compareFollowing(tx, stream, expected, events) : wrongVersion(stream);
};

/** Any and StreamExists: if all ids are stored it is a retry; if the first is new, an append; else a conflict. */
const findCommitted = (
  { log }: Transaction,
  stream: Stream,
  events: readonly ProposedEvent[],
): WriteOutcome | undefined => {
  let found: { rev: number; pos: number } | undefined;
  for (const [index, { id }] of events.entries()) {
    const known = stream.sid === 0 ? undefined : log.findId(stream.sid, id);
    if (!known) return index === 0 ? undefined : wrongVersion(stream);
    found = known;
  }
  return found && { kind: 'written', revision: found.rev, pos: found.pos };
};

/** Below the current revision only a retry is valid: the same ids at each following revision. */
const compareFollowing = (
  { log, streams }: Transaction,
  stream: Stream,
  expected: number | 'no_stream',
  events: readonly ProposedEvent[],
): WriteOutcome | undefined => {
  const first = (expected === 'no_stream' ? NO_STREAM : expected) + 1;
  let outcome: WriteOutcome = wrongVersion(stream);
  for (const [index, { id }] of events.entries()) {
    const stored = log.idAt(stream.sid, first + index);
    if (!stored?.id.equals(id)) {
      const recreates = index === 0 && expected === 'no_stream' && streams.metadata(stream).softDeleted;
      return recreates ? undefined : wrongVersion(stream);
    }
    outcome = { kind: 'written', revision: first + index, pos: stored.pos };
  }
  return outcome;
};

const checkDelete = (
  tx: Transaction,
  stream: Stream,
  expected: ExpectedRevision,
): WriteOutcome | undefined => {
  if (isTombstoned(stream)) return { kind: 'deleted' };
  const { softDeleted } = tx.streams.metadata(stream);
  if (expected === 'any') return undefined;
  if (expected === 'stream_exists') {
    if (softDeleted) return { kind: 'deleted' };
    const exists = stream.last !== NO_STREAM || tx.streams.get(metastreamOf(stream.name)).last !== NO_STREAM;
    return exists ? undefined : wrongVersion(stream);
  }
  const revision = expected === 'no_stream' ? NO_STREAM : expected;
  if (revision === stream.last || (expected === 'no_stream' && softDeleted)) return undefined;
  return wrongVersion(stream);
};

const wrongVersion = (stream: Stream): WriteOutcome => ({ kind: 'wrong_version', current: stream.last });

const store = (tx: Transaction, stream: Stream, rev: number, event: ProposedEvent): void => {
  tx.streams.store(stream);
  tx.events.push(tx.log.insert(stream, rev, event, tx.now));
  tx.streams.advance(stream, rev);
};

/** Restarts the stream at `revision` after a soft delete; its other metadata stays. */
const truncateBefore = (tx: Transaction, name: string, revision: number): void => {
  const data = withTruncateBefore(tx.streams.metadataEvent(name)?.data ?? EMPTY, revision);
  if (data) writeMetadata(tx, name, data);
};

/** Writes `data` as the metadata of stream `name`. */
export const writeMetadata = (tx: Transaction, name: string, data: Buffer): WriteOutcome => {
  const metastream = tx.streams.get(metastreamOf(name));
  store(tx, metastream, metastream.last + 1, {
    id: newId(),
    type: METADATA_TYPE,
    isJson: true,
    data,
    meta: EMPTY,
  });
  return { kind: 'written', revision: metastream.last, pos: tx.log.last };
};
