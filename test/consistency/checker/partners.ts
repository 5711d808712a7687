import type { StoredEvent } from '../common/history.ts';
import type { Evidence, SessionEvidence } from './evidence.ts';
import { isEqual } from './equal.ts';
import { Findings, groupBy, stateAt } from './evidence.ts';
import type { State } from './fold.ts';

/**
 * A session begins with what the partner's sessions before it have left, and the partner's stream ends with it. The
 * sessions of a partner follow one another here: each is over before the next one is asked for.
 */
export function checkPartners({ sessions, stores }: Evidence, findings: Findings): void {
  const byPartner = groupBy(
    sessions.filter(({ events }) => events[0]?.type === 'SessionStarted'),
    ({ events }) => String(events[0]?.data['partner_id']),
  );
  for (const [partner, list] of byPartner) {
    const inOrder = list.toSorted((a, b) => askedFor(a) - askedFor(b));
    for (const [index, session] of inOrder.entries())
      checkStart(session, index > 0 ? inOrder[index - 1] : undefined, findings);
    const last = inOrder.at(-1);
    if (last) checkStored(partner, stores.partners[partner]?.at(-1), endOf(last), findings);
  }
}

function checkStart(session: SessionEvidence, before: SessionEvidence | undefined, findings: Findings): void {
  const data = session.events[0]?.data ?? {};
  const attempts = [...session.commands.values()].find(([first]) => first?.items[0]?.type === 'StartSession');
  const item = attempts?.[0]?.items[0];
  const asked = item?.type === 'StartSession' ? item.language : undefined;
  const left = before && endOf(before);
  const wanted = {
    previous_session_id: before?.session_id ?? null,
    language: asked ?? left?.language ?? 'en',
    preferences: left?.preferences ?? {},
    open_goals: left ? openGoals(left) : [],
  };
  compare(`session ${session.session_id}`, data, wanted, findings);
}

/** Of a session that is not over, the memory is that of its start, or of a later time. */
function checkStored(
  partner: string,
  stored: StoredEvent | undefined,
  end: State | undefined,
  findings: Findings,
): void {
  if (end === undefined || end.status !== 'ended') return;
  const { language, preferences } = end;
  compare(
    `partner ${partner}`,
    stored?.data ?? {},
    { language, preferences, open_goals: openGoals(end) },
    findings,
  );
}

function compare(what: string, data: StoredEvent['data'], wanted: object, findings: Findings): void {
  const different = Object.entries(wanted).filter(([name, value]) => !isEqual(data[name], value));
  if (different.length === 0) return;
  const text = different.map(
    ([name, value]) => `${name} ${JSON.stringify(data[name])}, not ${JSON.stringify(value)}`,
  );
  findings.add('partner_memory', `${what}: ${text.join('; ')}`);
}

/** The open goals, the current one last. */
function openGoals({ current, suspended }: State): object[] {
  return [...suspended, ...(current ? [current] : [])].map(({ goal, step }) => ({ goal, step }));
}

function endOf(session: SessionEvidence): State | undefined {
  return stateAt(session, session.events.length - 1);
}

/** When the session was asked for first. */
function askedFor({ commands }: SessionEvidence): number {
  const starts = [...commands.values()].filter(([first]) => first?.items[0]?.type === 'StartSession').flat();
  return Math.min(...starts.map(({ start }) => start));
}
