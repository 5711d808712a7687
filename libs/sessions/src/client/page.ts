import type { ResolvedEvent, StreamingRead } from '@eventstore/db-client';
import { StreamNotFoundError } from '@eventstore/db-client';
import type { Connection } from './connection.ts';
import { NoAnswerError } from './errors.ts';

export type StoredEvent = NonNullable<ResolvedEvent['event']>;

/**
 * All events of a read, which is bounded; none when there is no such stream. The call has ended when this settles: the
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
  const read = begin();
  // The client reports an error also after nobody listens any more.
  read.on('error', () => undefined);
  const timer = setTimeout(() => read.destroy(new NoAnswerError(idleMs)), idleMs);
  let complete = false;
  try {
    for await (const { event } of read as AsyncIterable<ResolvedEvent>) {
      timer.refresh();
      connection.answered();
      if (event) events.push(event);
    }
    complete = true;
  } catch (error) {
    if (!(error instanceof StreamNotFoundError)) throw error;
  } finally {
    clearTimeout(timer);
    if (!complete) read.cancel().catch(() => undefined);
  }
  connection.answered();
  return events;
}
