import type { ResolvedEvent, StreamingRead } from '@eventstore/db-client';
import { StreamDeletedError, StreamNotFoundError } from '@eventstore/db-client';
import { jsonSize } from '#platform';
import type { Connection } from './connection.ts';
import { NoAnswerError } from './errors.ts';

/** An event as the event store's client reads it. */
export type StoredEvent = NonNullable<ResolvedEvent['event']>;

/** What a read returns: an event, and how many bytes its answer has, if known. */
export interface SizedRead<E extends StoredEvent> {
  readonly event?: E;
  readonly size?: number;
}

/** The result of a read. */
export interface StreamPage<E extends StoredEvent = StoredEvent> {
  readonly events: E[];
  /** Whether the byte limit ended the read: there may be more events. */
  readonly isCut: boolean;
}

/** Bytes of an event besides its data: its ids, names and metadata. */
const overhead = 500;

/**
 * The events of a bounded read; none when there is no such stream, or no longer. The call has ended when this settles: the
 * client keeps a call that is left before its end.
 * @param idleMs how long to wait for an event, or the end
 * @param maxBytes the read ends after the event that reaches about this many bytes
 * @param after skips the events up to this position of the log, without counting them: a read starts with the event there
 * @throws NoAnswerError, the client's errors
 */
export async function readPage<E extends StoredEvent = StoredEvent>(
  connection: Connection,
  idleMs: number,
  begin: () => StreamingRead<SizedRead<E>>,
  maxBytes = Infinity,
  after = -1n,
): Promise<StreamPage<E>> {
  let bytes = 0;
  let isCut = false;
  const events: E[] = [];
  const ended = Promise.withResolvers<void>();
  const read = begin();
  const timer = setTimeout(() => ended.reject(new NoAnswerError(idleMs)), idleMs);
  read.on('data', ({ event, size }) => {
    timer.refresh();
    connection.answered();
    if (!event || isCut || (event.position?.commit ?? 0n) <= after) return;
    events.push(event);
    bytes += size ?? overhead + jsonSize(event.data);
    isCut = bytes >= maxBytes;
    if (isCut) ended.resolve();
  });
  read.on('end', ended.resolve);
  read.on('error', ended.reject);
  try {
    await ended.promise;
    // Events in flight are still consumed: the client keeps a call until its last event is consumed.
    if (isCut) read.cancel().catch(() => undefined);
  } catch (error) {
    read.cancel().catch(() => undefined);
    read.destroy();
    if (!(error instanceof StreamNotFoundError || error instanceof StreamDeletedError)) throw error;
  } finally {
    clearTimeout(timer);
  }
  connection.answered();
  return { events, isCut };
}
