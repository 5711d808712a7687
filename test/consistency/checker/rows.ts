import type { SessionRow, StoredEvent, TurnRow } from '../common/history.ts';
import type { Evidence, SessionEvidence } from './evidence.ts';
import { Findings, groupBy, stateAt } from './evidence.ts';

/** At the end of a run, the rows are the fold of the streams. */
export function checkRows({ sessions, stores }: Evidence, findings: Findings): void {
  for (const id of stores.set_aside) findings.add('set_aside', id);
  const rows = new Map(stores.session_rows.map((row) => [row.session_id, row]));
  const turns = groupBy(stores.turn_rows, ({ session_id }) => session_id);
  for (const session of sessions.filter(({ events, erasure }) => events.length > 0 && !erasure)) {
    checkSession(session, rows.get(session.session_id), findings);
    checkTurns(session, turns.get(session.session_id) ?? [], findings);
  }
  const known = new Set(sessions.map(({ session_id }) => session_id));
  for (const id of rows.keys())
    if (!known.has(id)) findings.add('row_differs', `${id} has a row, but no stream`);
}

function checkSession(session: SessionEvidence, row: SessionRow | undefined, findings: Findings): void {
  const state = stateAt(session, session.events.length - 1);
  if (state === undefined) return;
  const { partner_id, start_time, last_activity_time, channel, language, status, revision } = state;
  const current_task = state.current?.goal ?? null;
  const wanted = {
    partner_id,
    start_time,
    last_activity_time,
    channel,
    current_task,
    language,
    status,
    revision,
  };
  report('row_differs', session.session_id, row, wanted, findings);
}

function checkTurns(session: SessionEvidence, rows: readonly TurnRow[], findings: Findings): void {
  const wanted = wantedTurns(session.events);
  const found = new Map(rows.map((row) => [row.turn_id, row]));
  for (const [id, turn] of wanted)
    report('turn_row_differs', `${session.session_id}/${id}`, found.get(id), turn, findings);
  for (const id of found.keys())
    if (!wanted.has(id)) findings.add('turn_row_differs', `${session.session_id}/${id} is in no stream`);
}

/** A row for each turn, with the latest reply to it. */
function wantedTurns(events: readonly StoredEvent[]): ReadonlyMap<string, Omit<TurnRow, 'session_id'>> {
  const turns = new Map<string, Omit<TurnRow, 'session_id'>>();
  for (const { type, data, metadata, revision } of events) {
    if (type !== 'TurnRecorded') continue;
    const { turn_id, sender, message_text, parsed_intent } = data as unknown as TurnRow;
    const timestamp = String(metadata['occurred_at']);
    turns.set(turn_id, {
      turn_id,
      sender,
      message_text,
      parsed_intent,
      response_text: null,
      timestamp,
      revision,
    });
    const asked = turns.get(String(data['in_reply_to']));
    if (sender === 'bot' && asked?.sender === 'user')
      turns.set(asked.turn_id, { ...asked, response_text: message_text });
  }
  return turns;
}

function report(
  rule: string,
  what: string,
  row: object | undefined,
  wanted: object,
  findings: Findings,
): void {
  if (row === undefined) {
    findings.add(rule, `${what} has no row`);
    return;
  }
  const is = row as Readonly<Record<string, unknown>>;
  const different = Object.entries(wanted).filter(([name, value]) => is[name] !== value);
  if (different.length === 0) return;
  const text = different
    .map(([name, value]) => `${name} ${String(is[name])}, not ${String(value)}`)
    .join('; ');
  findings.add(rule, `${what}: ${text}`);
}
