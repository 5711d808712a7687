import type { StoredEvent } from '../common/history.ts';
import type { Evidence, SessionEvidence } from './evidence.ts';
import { isEqual } from './equal.ts';
import { Findings, groupBy, stateAt } from './evidence.ts';
import type { Goal, State } from './fold.ts';

type Members = Readonly<Record<string, unknown>>;

/**
 * A session begins with what the partner's earlier sessions left, and the partner's stream ends with it. In this
 * workload a partner's sessions follow one another: each is over before the next one is requested.
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
    if (last && !last.erasure) checkStored(partner, stores.partners[partner]?.at(-1), endOf(last), findings);
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
    ...goalsOf(left ? openGoals(left) : [], left?.current ?? null),
  };
  compare(
    `session ${session.session_id}`,
    { ...data, ...goalsOf(data['open_goals'], left?.current) },
    wanted,
    findings,
  );
}

/** For a session that is not over, the memory is that of its start, or a later one. */
function checkStored(
  partner: string,
  stored: StoredEvent | undefined,
  end: State | undefined,
  findings: Findings,
): void {
  if (end === undefined || end.status !== 'ended') return;
  if (stored === undefined) {
    findings.add('partner_memory', `partner ${partner}: nothing is remembered`);
    return;
  }
  const { language, preferences, current } = end;
  const wanted = { language, preferences, ...goalsOf(openGoals(end), current) };
  const { open_goals, ...memory } = remembered(stored.data);
  compare(`partner ${partner}`, { ...memory, ...goalsOf(open_goals, current) }, wanted, findings);
}

function compare(what: string, data: Members, wanted: object, findings: Findings): void {
  const different = Object.entries(wanted).filter(([name, value]) => !isEqual(data[name], value));
  if (different.length === 0) return;
  const text = different.map(
    ([name, value]) => `${name} ${JSON.stringify(data[name])}, not ${JSON.stringify(value)}`,
  );
  findings.add('partner_memory', `${what}: ${text.join('; ')}`);
}

interface Memory {
  readonly language: string | null;
  readonly preferences: Members;
  readonly open_goals: readonly Goal[];
}

/** The memory in a partner's event, with the changes of each listed session, in order. */
function remembered(data: Members): Memory {
  const empty: Memory = { language: null, preferences: {}, open_goals: [] };
  const sessions = (data['sessions'] ?? []) as { changes: Memory & { finished_goals: string[] } }[];
  const begin = (data['memory'] ?? empty) as Memory;
  const memory = sessions.reduce(({ language, preferences, open_goals }, { changes }) => {
    const gone = new Set([...changes.finished_goals, ...changes.open_goals.map(({ goal }) => goal)]);
    return {
      language: changes.language ?? language,
      preferences: { ...preferences, ...changes.preferences },
      open_goals: [...open_goals.filter(({ goal }) => !gone.has(goal)), ...changes.open_goals],
    };
  }, begin);
  const kept = Object.entries(memory.preferences).filter(([, value]) => value !== null);
  return { ...memory, language: memory.language ?? 'en', preferences: Object.fromEntries(kept) };
}

/** Open goals without order, and the last one if it was the current one: the others may change places. */
function goalsOf(goals: unknown, current: Goal | null | undefined): Members {
  const list = (goals as readonly Goal[]).map(({ goal, step }) => ({ goal, step }));
  const last = current ? list.at(-1)?.goal : null;
  return { open_goals: list.toSorted((a, b) => (a.goal < b.goal ? -1 : 1)), last };
}

/** The open goals, the current one last. */
function openGoals({ current, suspended }: State): Goal[] {
  return [...suspended, ...(current ? [current] : [])];
}

/** The state at the end, or before the erasure of the session, since its memory was taken over before. */
function endOf(session: SessionEvidence): State | undefined {
  const erased = session.events.findIndex(({ type }) => type === 'SessionErased');
  return stateAt(session, (erased < 0 ? session.events.length : erased) - 1);
}

/** When the session was first requested. */
function askedFor({ commands }: SessionEvidence): number {
  const starts = [...commands.values()].filter(([first]) => first?.items[0]?.type === 'StartSession').flat();
  return Math.min(...starts.map(({ start }) => start));
}
