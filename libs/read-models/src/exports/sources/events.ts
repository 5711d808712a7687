import type { JsonObject } from '#domain';
import { parseTime } from '#platform';
import { readRawEvents } from '#sessions';
import type { RawEvent } from '#sessions';
import type { ExportRow } from '../columns.ts';
import type { Place } from '../request.ts';
import { sessionPages, sessionPlace } from './sessions.ts';
import type { SessionPlace } from './sessions.ts';
import type { ExportBatch, SourceContext } from './source.ts';
import { pageRows } from './source.ts';

/** About how many characters of data a batch has at most. */
const batchCharacters = 2_000_000;

/** The events of sessions as they were written, ordered by the sessions' start. */
export async function* eventRows(context: SourceContext, after: Place | null): AsyncGenerator<ExportBatch> {
  const [started, resumed, revision] = after ?? [];
  const from = started === undefined || resumed === undefined ? null : [started, resumed];
  for await (const page of sessionPages(context, from, true)) {
    await context.note(page.map(({ partner_id }) => partner_id));
    for (const session of page) {
      const next = session.session_id === resumed ? Number(revision) + 1 : 0;
      yield* eventsOf(context, session, next);
    }
  }
}

async function* eventsOf(
  { store, masks, job }: SourceContext,
  session: SessionPlace,
  from: number,
): AsyncGenerator<ExportBatch> {
  const at = (revision: unknown): Place => [...sessionPlace(session), String(revision)];
  let rows: ExportRow[] = [];
  let characters = 0;
  const batch = (): ExportBatch => {
    const full = { rows, first: at(rows[0]?.['revision']), last: at(rows.at(-1)?.['revision']) };
    rows = [];
    characters = 0;
    return full;
  };
  for await (const event of readRawEvents(store, session.session_id, { from })) {
    const row = rowOf(job.masked ? masks.event(event) : event, session);
    const { occurred_at } = row;
    if (typeof occurred_at === 'string' && occurred_at >= job.until) continue;
    rows.push(row);
    characters += JSON.stringify(row).length;
    if (rows.length >= pageRows || characters >= batchCharacters) yield batch();
  }
  if (rows.length > 0) yield batch();
}

function rowOf({ revision, event_id, type, data, metadata }: RawEvent, session: SessionPlace): ExportRow {
  const { session_id, partner_id } = session;
  return { session_id, partner_id, revision, event_id, type, occurred_at: timeOf(metadata), data, metadata };
}

function timeOf({ occurred_at }: JsonObject): string | null {
  const time = typeof occurred_at === 'string' ? parseTime(occurred_at) : undefined;
  return time === undefined ? null : new Date(time).toISOString();
}
