import type { FoundCommand, RecordedEvent } from '#domain';
import type { EventStore } from './store.ts';
import { readEvents } from './streams.ts';

/** Events in one read, when a command has more than its record says. */
const pageSize = 64;

/** All events of a command. A record that an older version made may count the first of them only: the stream decides. */
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
