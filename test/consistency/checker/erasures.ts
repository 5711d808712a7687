import type { ContextDocument, ErasureEntry } from '../common/history.ts';
import type { Evidence, SessionEvidence } from './evidence.ts';
import type { Findings } from './evidence.ts';

/**
 * Of an erased partner nothing can be read any more: the keys are destroyed, the sessions say that they are erased, tables
 * hold nothing, and what is shown is `[erased]`.
 */
export function checkErasures({ sessions, stores, erasures }: Evidence, findings: Findings): void {
  for (const partner of stores.living_keys) findings.add('erasure_incomplete', `${partner} has a key`);
  const rows = new Set(stores.session_rows.map(({ session_id }) => session_id));
  const turns = new Set(stores.turn_rows.map(({ session_id }) => session_id));
  for (const { partner_id, left } of erasures.values())
    if (left > 0)
      findings.add('erasure_incomplete', `the receipt of ${partner_id} says that ${left} are left`);
  for (const session of sessions) {
    const { erasure, session_id, events } = session;
    if (erasure === undefined || events.length === 0) continue;
    if (!events.some(({ type }) => type === 'SessionErased'))
      findings.add('erasure_incomplete', `${session_id} does not say that it is erased`);
    if (rows.has(session_id) || turns.has(session_id))
      findings.add('erasure_incomplete', `${session_id} has rows`);
    checkShown(session, erasure, stores.contexts[session_id], findings);
  }
}

function checkShown(
  { session_id, reads }: SessionEvidence,
  { end }: ErasureEntry,
  stored: Readonly<Record<string, string>> | undefined,
  findings: Findings,
): void {
  if (stored?.['recent_turns'] !== undefined && textsIn(JSON.parse(stored['recent_turns'])).length > 0)
    findings.add('erased_shown', `Redis holds turns of ${session_id}`);
  if (end === null) return;
  for (const { start, context } of reads)
    if (start > end && context !== null && textsIn(turnsOf(context)).length > 0)
      findings.add('erased_shown', `a read of ${session_id} shows turns`);
}

function turnsOf({ short_term_memory }: ContextDocument): unknown {
  return short_term_memory['recent_turns'];
}

/** The texts of turns that were not erased. */
function textsIn(turns: unknown): string[] {
  const texts = ((turns ?? []) as { message_text: string }[]).map(({ message_text }) => message_text);
  return texts.filter((text) => text !== '[erased]');
}
