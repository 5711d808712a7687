import { Conditions } from '../../queries/conditions.ts';
import { isFork } from '../../queries/forks.ts';
import { isoTime } from '../../queries/iso-time.ts';
import { isOpen } from '../../queries/open-partners.ts';
import { isActiveSince } from '../../queries/row-limits.ts';
import type { ExportRow } from '../columns.ts';
import type { Place } from '../request.ts';
import { activeSince } from '../request.ts';
import type { ExportBatch, SourceContext } from './source.ts';
import { pageRows, placeTime } from './source.ts';

/** A session as in its table, with its place. */
export interface SessionPlace {
  readonly session_id: string;
  readonly partner_id: string;
  readonly started: string;
}

type SessionRow = SessionPlace & Readonly<Record<string, unknown>>;

/** Sessions, ordered by their start. */
export async function* sessionRows(context: SourceContext, after: Place | null): AsyncGenerator<ExportBatch> {
  for await (const page of sessionPages(context, after)) {
    const [first, last] = [page[0], page.at(-1)];
    if (first === undefined || last === undefined) return;
    await context.note(page.map(({ partner_id }) => partner_id));
    const rows = page.map(({ started: _started, ...row }) => row as ExportRow);
    yield { rows, first: sessionPlace(first), last: sessionPlace(last) };
  }
}

/** The sessions of an export in pages. `isIncluded`: the page starts with the session at the place itself. */
export async function* sessionPages(
  context: SourceContext,
  after: Place | null,
  isIncluded = false,
): AsyncGenerator<SessionRow[]> {
  let comparison = isIncluded ? '>=' : '>';
  for (let place = after; ;) {
    const page = await readPage(context, place, comparison);
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageRows) return;
    place = sessionPlace(last);
    comparison = '>';
  }
}

async function readPage(
  { rows: read, job }: SourceContext,
  after: Place | null,
  comparison: string,
): Promise<SessionRow[]> {
  const { filter, scope, until } = job;
  const conditions = new Conditions()
    .forks('exclude', isFork('s'))
    .add('s.start_time >= $?', after?.[0] ?? filter.from)
    .add('s.start_time < $?', until)
    .add('s.partner_id = $?', filter.partner_id)
    .add('s.channel = $?', filter.channel)
    .add('s.partner_id = ANY($?::text[])', scope.partners)
    .add('s.channel = ANY($?::text[])', scope.channels)
    .add(isActiveSince('s'), activeSince(job))
    .add(isOpen('s.partner_id', scope.restricted));
  if (after !== null) conditions.add(`(s.start_time, s.session_id) ${comparison} ($?, $?::uuid)`, ...after);
  const { rows } = await read((db) =>
    db.query<SessionRow>(
      `SELECT session_id, partner_id, ${isoTime('start_time')} AS start_time,
         ${isoTime('last_activity_time')} AS last_activity_time, channel, current_task, language,
         ${isoTime('expires_at')} AS expires_at, status, revision::int, ${placeTime('start_time')} AS started
       FROM conversation_session AS s ${conditions.where()}
       ORDER BY s.start_time, s.session_id LIMIT ${conditions.parameter(pageRows)}`,
      conditions.values,
    ),
  );
  return rows;
}

export function sessionPlace({ started, session_id }: SessionPlace): Place {
  return [started, session_id];
}
