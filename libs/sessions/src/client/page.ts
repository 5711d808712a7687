import type { ResolvedEvent, StreamingRead } from '@eventstore/db-client';
import { StreamDeletedError, StreamNotFoundError } from '@eventstore/db-client';
import type { Connection } from './connection.ts';
import { NoAnswerError } from './errors.ts';

export type StoredEvent = NonNullable<ResolvedEvent['event']>;

/**
 * All events of a read, which is bounded; none when there is no such stream, or no longer. The call has ended when this settles: the
 * client would keep one that is left before its end.
 * @param idleMs how long to wait for an event, or the end
 * @throws NoAnswerError, the client's errors
 */
export async function readPage(
  connection: Connection,
  idleMs: number,
  begin: () => StreamingRead<ResolvedEvent>,
): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  const ended = Promise.withResolvers<void>();
  const read = begin();
  const timer = setTimeout(() => ended.reject(new NoAnswerError(idleMs)), idleMs);
  read.on('data', ({ event }) => {
    timer.refresh();
    connection.answered();
    if (event) events.push(event);
  });
  read.on('end', ended.resolve);
  read.on('error', ended.reject);
  try {
    await ended.promise;
  } catch (error) {
    read.cancel().catch(() => undefined);
    read.destroy();
    if (!(error instanceof StreamNotFoundError || error instanceof StreamDeletedError)) throw error;
  } finally {
    clearTimeout(timer);
  }
  connection.answered();
  return events;
}
