import type { ContextDocument, ErasureEntry } from '../common/history.ts';
import type { Evidence, SessionEvidence } from './evidence.ts';
import type { Findings } from './evidence.ts';
import { isAgentEvent } from './fold.ts';
import { derived, parse } from './reads.ts';

/**
 * Nothing of an erased partner can be read: the receipt exists and reports it, no key is left, the sessions are
 * erased and take no events, tables hold no rows, and reads are empty. No other partner is erased.
 */
export function checkErasures({ sessions, stores, erasures }: Evidence, findings: Findings): void {
  const incomplete = (text: string): void => findings.add('erasure_incomplete', text);
  for (const partner of stores.living_keys) incomplete(`${partner} has a key`);
  for (const { table, partner_id } of stores.erased_rows) incomplete(`${partner_id} has rows in ${table}`);
  for (const { partner_id, left, end } of erasures.values()) {
    if (end === null) incomplete(`there is no receipt of ${partner_id}`);
    if (left > 0) incomplete(`the receipt of ${partner_id} says that ${left} are left`);
    const events = stores.partners[partner_id] ?? [];
    if (events.at(-1)?.type !== 'PartnerErased')
      incomplete(`the stream of ${partner_id} ends with ${events.at(-1)?.type}`);
  }
  const rows = new Set([...stores.session_rows, ...stores.turn_rows].map(({ session_id }) => session_id));
  for (const session of sessions) {
    const { erasure, session_id, events } = session;
    const erased = events.findIndex(({ type }) => type === 'SessionErased');
    if (erasure === undefined && erased >= 0) findings.add('erased_unasked', session_id);
    if (erasure === undefined || events.length === 0) continue;
    if (erased < 0) incomplete(`${session_id} does not say that it is erased`);
    const later = erased < 0 ? [] : events.slice(erased + 1).filter(({ type }) => !isAgentEvent(type));
    for (const { type } of later)
      findings.add('erased_changed', `${session_id} has ${type} after its erasure`);
    if (rows.has(session_id)) incomplete(`${session_id} has rows`);
    checkShown(session, erasure, stores.contexts[session_id], findings);
  }
}

/**
 * After the receipt every read shows an erased session, or is refused by a node that does not know the receipt yet.
 */
function checkShown(
  { session_id, reads }: SessionEvidence,
  { end }: ErasureEntry,
  stored: Readonly<Record<string, string>> | undefined,
  findings: Findings,
): void {
  if (stored !== undefined)
    for (const what of saidIn(parse(stored)))
      findings.add('erased_shown', `Redis holds ${what} of ${session_id}`);
  if (end === null) return;
  for (const { start, status, context } of reads.filter((read) => read.start > end)) {
    if (context === null) {
      if (status === 404) findings.add('context_missing', `a read of ${session_id} at ${start}, erased`);
      continue;
    }
    for (const what of saidIn(context)) findings.add('erased_shown', `a read of ${session_id} shows ${what}`);
    if (context.session['status'] !== 'erased')
      findings.add(
        'erased_shown',
        `a read of ${session_id} shows it as ${String(context.session['status'])}`,
      );
  }
}

/** The members of a context that hold data of the partner. */
function saidIn({
  goal_state,
  conversation_flags,
  short_term_memory,
  ...context
}: ContextDocument): string[] {
  const { preferences, last_user_intent, last_bot_action, recent_turns } = short_term_memory;
  const { current_goal, stack } = (goal_state ?? {}) as { current_goal?: unknown; stack?: unknown };
  const { order_tracking, orders, external } = context;
  const flags = Object.keys(conversation_flags).filter((flag) => !derived.has(flag));
  const memory = { preferences, last_user_intent, last_bot_action, recent_turns };
  const said = { current_goal, stack, flags, ...memory, order_tracking, orders, external };
  return Object.entries(said).flatMap(([name, value]) => (isNothing(value) ? [] : [name]));
}

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
