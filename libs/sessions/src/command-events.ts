import type { FoundCommand, RecordedEvent, Session } from '#domain';
import { PageBudget } from '#platform';
import type { EventStore } from './store.ts';
import { readEvents } from './streams.ts';

/** Events per read, when a command has more than its record says. */
const pageSize = 64;
/** Later events that a conflict reports at most; never more than fit into a page. */
const conflictingEvents = 100;

/** All events of a command. A record of an older version may count only the first of them, so the stream decides. */
export async function readCommand(
  store: EventStore,
  sessionId: string,
  { revision, count }: FoundCommand,
): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (let limit = count + 1; ; limit = pageSize) {
    const read = readEvents(store, sessionId, { from: revision + events.length, limit });
    const page = await Array.fromAsync(read);
    const id = (events[0] ?? page[0])?.metadata.command_id;
    const end = page.findIndex(({ metadata }) => metadata.command_id !== id);
    events.push(...(end < 0 ? page : page.slice(0, end)));
    if (end >= 0 || page.length < limit) return events;
  }
}

/** The events that a caller who expected an earlier revision has not seen. */
export async function eventsAfter(
  store: EventStore,
  { session_id, revision: last }: Session,
  revision: number,
): Promise<RecordedEvent[]> {
  const from = Math.max(0, revision + 1);
  const reaching = Math.min(last, from + conflictingEvents - 1);
  const budget = new PageBudget();
  const events: RecordedEvent[] = [];
  for await (const event of readEvents(store, session_id, { from, limit: conflictingEvents, reaching })) {
    if (!budget.takes(event)) break;
    events.push(event);
  }
  return events;
}
