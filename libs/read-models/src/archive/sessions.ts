import type { JsonObject } from '#domain';
import { contextOf } from '#domain';
import { isDeeperThan } from '#platform';
import type { EventStore, ReadableEvent } from '#sessions';
import { deepestData, readEachEvent, readSession, UnprojectableEventError } from '#sessions';
import type { Problems } from './problems.ts';

/** The context and all events of a session. One that cannot be decoded is shown as it is stored, with its problem. */
export async function* sessionJson(
  store: EventStore,
  id: string,
  file: string,
  problems: Problems,
): AsyncGenerator<string> {
  const note = (problem: string): void => problems.add(file, problem);
  yield `{\n"context": ${JSON.stringify(await contextIn(store, id, note))},\n"events": [`;
  let separator = '\n';
  for await (const { event, error } of readEachEvent(store, id)) {
    const { type, event_id, revision, metadata } = event;
    const { occurred_at, actor } = metadata;
    const problem = error?.reason;
    if (problem !== undefined) note(`event ${revision} (${type}) is shown as it is stored: ${problem}`);
    yield (
      separator +
      JSON.stringify({ revision, type, event_id, occurred_at, actor, data: shownData(event), problem })
    );
    separator = ',\n';
  }
  yield '\n]\n}\n';
}

/** Null: an event of the session cannot be folded; the archive still has its events. */
async function contextIn(
  store: EventStore,
  id: string,
  note: (problem: string) => void,
): Promise<object | null> {
  try {
    const session = await readSession(store, id);
    return session === undefined ? null : contextOf(session);
  } catch (error) {
    if (!(error instanceof UnprojectableEventError)) throw error;
    note(`there is no context: ${error.message}`);
    return null;
  }
}

/** A session's events, a line each. */
export async function* sessionText(store: EventStore, id: string): AsyncGenerator<string> {
  yield `Session ${id}\n\n`;
  for await (const read of readEachEvent(store, id)) yield `${lineOf(read)}\n`;
}

function lineOf({ event, error }: ReadableEvent): string {
  const { occurred_at } = event.metadata as { occurred_at: string };
  const at = occurred_at.replace('T', ' ').slice(0, 19);
  const mark = error === undefined ? '' : `  [${error.reason}]`;
  const data = shownData(event);
  const { sender, message_text } = data ?? {};
  // Other programs may have written anything.
  if (event.type !== 'TurnRecorded' || typeof sender !== 'string' || typeof message_text !== 'string')
    return `${at}  ${event.type}  ${JSON.stringify(data)}${mark}`;
  return `${at}  ${sender}: ${message_text.replaceAll('\n', '\n    ')}${mark}`;
}

/** Null: the data is too deep for JSON. */
function shownData({ data }: ReadableEvent['event']): JsonObject | null {
  return isDeeperThan(data, deepestData) ? null : (data as object as JsonObject);
}
