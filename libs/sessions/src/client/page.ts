import type { ResolvedEvent, StreamingRead } from '@eventstore/db-client';
import { StreamDeletedError, StreamNotFoundError } from '@eventstore/db-client';
import { jsonSize } from '#platform';
import type { Connection } from './connection.ts';
import { NoAnswerError } from './errors.ts';

/** An event as the event store's client reads it. */
export type StoredEvent = NonNullable<ResolvedEvent['event']>;

/** Takes an event of a read, in the form that the read has, and about how many bytes it has. */
export type Take<E> = (event: E, size: number) => void;

/** A read in flight. It calls its `take` for each event. */
export interface Reading {
  /** Settles when the read has ended. */
  readonly ended: Promise<void>;
  /** Ends the read; events in flight may still be taken. */
  cancel(): void;
  /** Ends the read at once. */
  destroy(): void;
}

/** The result of a read. */
export interface StreamPage<E = StoredEvent> {
  readonly events: E[];
  /** Whether the byte limit ended the read: there may be more events. */
  readonly isCut: boolean;
}

/** Bytes of an event besides its data: its ids, names and metadata. */
const overhead = 500;

/** A read of the client. */
export function readingOf<E extends StoredEvent>(
  read: StreamingRead<{ readonly event?: E }>,
  take: Take<E>,
): Reading {
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  read.on('data', ({ event }) => {
    if (event) take(event, overhead + jsonSize(event.data));
  });
  read.on('end', resolve);
  read.on('error', reject);
  const cancel = (): void => void read.cancel().catch(() => undefined);
  return { ended, cancel, destroy: () => read.destroy() };
}

/**
 * The events of a bounded read; none when there is no such stream, or no longer. The call has ended when this settles: the
 * client keeps a call that is left before its end.
 * @param idleMs how long to wait for an event, or the end
 * @param maxBytes the read ends after the event that reaches about this many bytes
 * @param isKnown skips the first events for which it holds, without counting them
 * @throws NoAnswerError, the client's errors
 */
export async function readPage<E = StoredEvent>(
  connection: Connection,
  idleMs: number,
  begin: (take: Take<E>) => Reading,
  maxBytes = Infinity,
  isKnown?: (event: E) => boolean,
): Promise<StreamPage<E>> {
  let bytes = 0;
  let isCut = false;
  const events: E[] = [];
  const cut = Promise.withResolvers<void>();
  const reading = begin((event, size) => {
    timer.refresh();
    connection.answered();
    if (isCut || (events.length === 0 && isKnown?.(event) === true)) return;
    events.push(event);
    bytes += size;
    isCut = bytes >= maxBytes;
    if (isCut) cut.resolve();
  });
  const timer = setTimeout(() => cut.reject(new NoAnswerError(idleMs)), idleMs);
  try {
    await Promise.race([reading.ended, cut.promise]);
    // Events in flight are still consumed: the client keeps a call until its last event is consumed.
    if (isCut) reading.cancel();
  } catch (error) {
    reading.cancel();
    reading.destroy();
    if (!(error instanceof StreamNotFoundError || error instanceof StreamDeletedError)) throw error;
  } finally {
    clearTimeout(timer);
    reading.ended.catch(() => undefined);
  }
  connection.answered();
  return { events, isCut };
}

/** Whether an event is not after a position: a read of the log starts with the event there. */
export function isUpTo(position: bigint | undefined): (event: StoredEvent | undefined) => boolean {
  return (event) => position !== undefined && (event?.position?.commit ?? 0n) <= position;
}
