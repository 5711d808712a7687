import { pageBytes, withinBytes } from '#platform';
import type { DataKeys } from '#privacy';
import { openTurns } from '../tables/sealed-columns.ts';
import type { Page } from './conditions.ts';
import { Conditions } from './conditions.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { ofFork } from './forks.ts';
import { isoTime } from './iso-time.ts';
import type { Queryable } from './queryable.ts';
import type { RowLimits } from './row-limits.ts';
import { isActiveSince } from './row-limits.ts';
import type { Order } from './turns.ts';
import type { TurnItem } from './turn-rows.ts';
import { turnColumns } from './turn-rows.ts';

/** A turn of a partner, or a milestone of one of the partner's sessions. */
export interface TimelineItem {
  /** ISO 8601; never earlier than the preceding item of its session. */
  readonly at: string;
  readonly session_id: string;
  readonly revision: number;
  /** `turn`, or a kind of milestone. */
  readonly kind: string;
  /** For a milestone: the goal, the flag, the channel or the kind of the inquiry. */
  readonly name: string | null;
  /** For a closed inquiry. */
  readonly outcome: string | null;
  readonly turn: TurnItem | null;
}

interface TimelineRequest extends Pick<RowLimits, 'active_since'> {
  readonly partner_id: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly order: Order;
  readonly limit: number;
  readonly after?: string | undefined;
}

type TimelineRow = Omit<TimelineItem, 'turn'> & { readonly turn_id: string | null } & Omit<
    TurnItem,
    'turn_id'
  >;

/** The turns and milestones of a partner over all sessions, by time. @throws InvalidCursorError, KeyStoreUnavailableError */
export async function partnerTimeline(
  db: Queryable,
  request: TimelineRequest,
  keys?: DataKeys,
): Promise<Page<TimelineItem>> {
  const { order, limit } = request;
  const conditions = new Conditions();
  const turns = part(conditions, request, 't.ordered_at', 't');
  const milestones = part(conditions, request, 'm.at', 'm');
  const most = conditions.parameter(limit + 1);
  const direction = (time: string, of: string): string =>
    `ORDER BY ${time} ${order}, ${of}.session_id ${order}, ${of}.revision ${order} LIMIT ${most}`;
  const { rows } = await db.query<TimelineRow>(
    `SELECT e.kind, e.name, e.outcome, ${isoTime('e.at')} AS at, ${turnColumns},
       e.session_id, e.revision::int AS revision
     FROM (
       (SELECT 'turn' AS kind, NULL AS name, NULL AS outcome, t.ordered_at AS at, t.session_id, t.revision
        FROM conversation_turn AS t WHERE ${turns} ${direction('t.ordered_at', 't')})
       UNION ALL
       (SELECT m.kind, m.name, m.outcome, m.at, m.session_id, m.revision
        FROM session_milestone AS m WHERE ${milestones} ${direction('m.at', 'm')})
     ) AS e LEFT JOIN conversation_turn AS t ON e.kind = 'turn' AND t.session_id = e.session_id AND t.revision = e.revision
       AND t.ordered_at = e.at
     ${direction('e.at', 'e')}`,
    conditions.values,
  );
  const items = withinBytes(await opened(keys, rows.slice(0, limit)), pageBytes);
  const last = items.at(-1);
  const hasMore = last !== undefined && rows.length > items.length;
  return { items, next: hasMore ? encodeCursor([last.at, last.session_id, String(last.revision)]) : null };
}

/** The conditions on one of the tables, by its alias. */
function part(conditions: Conditions, request: TimelineRequest, time: string, of: 't' | 'm'): string {
  const { partner_id, from, to, order, after, active_since } = request;
  const partner = conditions.parameter(partner_id);
  const parts = [`${of}.partner_id = ${partner}`, `NOT ${ofFork(of)}`];
  if (from !== undefined) parts.push(`${time} >= ${conditions.parameter(from)}`);
  if (to !== undefined) parts.push(`${time} < ${conditions.parameter(to)}`);
  if (active_since !== undefined)
    parts.push(`${of}.session_id IN (SELECT s.session_id FROM conversation_session AS s
      WHERE s.partner_id = ${partner} AND ${isActiveSince('s', conditions.parameter(active_since))})`);
  if (after !== undefined) {
    const [at, id, revision] = decodeCursor(after, ['time', 'uuid', 'number']).map((value) =>
      conditions.parameter(value),
    );
    const beyond = order === 'asc' ? '>' : '<';
    parts.push(
      `(${time}, ${of}.session_id, ${of}.revision) ${beyond} (${at}, ${id}::uuid, ${revision}::bigint)`,
    );
  }
  return parts.join(' AND ');
}

async function opened(keys: DataKeys | undefined, rows: readonly TimelineRow[]): Promise<TimelineItem[]> {
  const turns = await openTurns(keys, rows.filter(isTurn));
  const byPlace = new Map(turns.map((turn) => [placeOf(turn), turn]));
  return rows.map((row) => {
    const { at, session_id, revision, kind, name, outcome } = row;
    const found = byPlace.get(placeOf(row));
    const mark = { at, session_id, revision, kind, name, outcome };
    return { ...mark, turn: found === undefined || kind !== 'turn' ? null : turnOf(found) };
  });
}

type OpenedRow = TimelineRow & { readonly turn_id: string };

function isTurn(row: TimelineRow): row is OpenedRow {
  return row.turn_id !== null;
}

function placeOf({ session_id, revision }: Pick<TimelineRow, 'session_id' | 'revision'>): string {
  return `${session_id}/${revision}`;
}

function turnOf(row: OpenedRow): TurnItem {
  const { at: _at, kind: _kind, name: _name, outcome: _outcome, ...turn } = row;
  return turn;
}
