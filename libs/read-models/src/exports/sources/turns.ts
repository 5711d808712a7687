import type { JsonObject } from '#domain';
import { Conditions } from '../../queries/conditions.ts';
import { ofFork } from '../../queries/forks.ts';
import { isoTime } from '../../queries/iso-time.ts';
import { isOpen } from '../../queries/open-partners.ts';
import { ofActiveSince } from '../../queries/row-limits.ts';
import { openTurns } from '../../tables/sealed-columns.ts';
import type { ExportRow } from '../columns.ts';
import type { Place } from '../request.ts';
import { activeSince } from '../request.ts';
import type { ExportBatch, SourceContext } from './source.ts';
import { pageRows, placeTime } from './source.ts';

interface TurnRow extends Record<string, unknown> {
  readonly session_id: string;
  readonly turn_id: string;
  readonly partner_id: string;
  readonly message_text: string;
  readonly extracted_entities: JsonObject;
  readonly response_text: string | null;
  readonly message_id: string | null;
  readonly revision: number;
  readonly ordered_at: string;
}

/** Turns, oldest first; those of a session in stream order. */
export async function* turnRows(context: SourceContext, after: Place | null): AsyncGenerator<ExportBatch> {
  const { keys, masks, job, note } = context;
  for (let place = after, isMore = true; isMore;) {
    const page = await readPage(context, place);
    const [first, last] = [page[0], page.at(-1)];
    if (first === undefined || last === undefined) return;
    await note(page.map(({ partner_id }) => partner_id));
    const opened = await openTurns(keys, page);
    const rows = opened.map(({ ordered_at: _orderedAt, ...row }) => row as ExportRow);
    yield { rows: job.masked ? rows.map(masks.turn) : rows, first: placeOf(first), last: placeOf(last) };
    place = placeOf(last);
    isMore = page.length === pageRows;
  }
}

async function readPage({ rows: read, job }: SourceContext, after: Place | null): Promise<TurnRow[]> {
  const { filter, scope, until } = job;
  const conditions = new Conditions()
    .forks('exclude', ofFork('t'))
    .add('t.ordered_at >= $?', after?.[0] ?? filter.from)
    .add('t.ordered_at < $?', until)
    .add('t.session_id = $?', filter.session_id)
    .add('t.partner_id = $?', filter.partner_id)
    .add('t.parsed_intent = $?', filter.parsed_intent)
    .add('t.sender = $?', filter.sender)
    .add('t.partner_id = ANY($?::text[])', scope.partners)
    .add('t.channel = $?', filter.channel)
    .add(
      `EXISTS (SELECT FROM conversation_session AS s WHERE s.session_id = t.session_id
        AND s.channel = ANY($?::text[]))`,
      scope.channels,
    )
    .add(ofActiveSince('t'), activeSince(job))
    .add(isOpen('t.partner_id', scope.restricted));
  if (after !== null)
    conditions.add('(t.ordered_at, t.session_id, t.revision) > ($?, $?::uuid, $?::bigint)', ...after);
  const { rows } = await read((db) =>
    db.query<TurnRow>(
      `SELECT turn_id, session_id, partner_id, ${isoTime('timestamp')} AS timestamp, sender, message_text, parsed_intent,
         extracted_entities, response_text, revision::int, channel, intent_confidence, bot_action, message_id,
         actor_role, actor_id, inquiry_id, goal, ${placeTime('t.ordered_at')} AS ordered_at
       FROM conversation_turn AS t ${conditions.where()}
       ORDER BY t.ordered_at, t.session_id, t.revision LIMIT ${conditions.parameter(pageRows)}`,
      conditions.values,
    ),
  );
  return rows;
}

function placeOf({ ordered_at, session_id, revision }: TurnRow): Place {
  return [ordered_at, session_id, String(revision)];
}
