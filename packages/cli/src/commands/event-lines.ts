import type { StoredEvent } from '../api/event-stream.ts';
import type { Output } from '../output/output.ts';
import { textOf } from '../output/text.ts';

/** Writes events as they arrive, one line each, or as NDJSON. @returns how many */
export async function writeEvents(events: AsyncIterable<StoredEvent>, out: Output): Promise<number> {
  let count = 0;
  for await (const event of events) {
    count += 1;
    await out.line(out.isJson ? JSON.stringify(event) : lineOf(event, out));
  }
  return count;
}

function lineOf({ created, revision, type, data, metadata }: StoredEvent, out: Output): string {
  const { colors } = out;
  const time = created ?? metadata['occurred_at'];
  return out.cut([
    colors.dim(out.time(time)),
    String(revision).padStart(5),
    colors.cyan(textOf(type).padEnd(24)),
    textOf(actorOf(metadata['actor'])).padEnd(16),
    summaryOf(data),
  ]);
}

/** The actor's role and id, such as `agent/bot-7`. */
export function actorOf(actor: unknown): string | undefined {
  if (typeof actor !== 'object' || actor === null) return undefined;
  const { role, id, instance } = actor as Readonly<Record<string, unknown>>;
  return [role, instance ?? id].filter(Boolean).map(String).join('/');
}

/** The text of a turn; for other events, their data. */
function summaryOf(data: StoredEvent['data']): string {
  const { sender, message_text } = data;
  if (typeof message_text === 'string') return `${textOf(sender)}: ${textOf(message_text)}`;
  const pairs = Object.entries(data).filter(([, value]) => value !== null);
  return pairs.map(([name, value]) => `${textOf(name)}=${textOf(value)}`).join(' ');
}
