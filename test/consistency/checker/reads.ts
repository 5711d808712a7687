import type { ContextDocument, ReadEntry } from '../common/history.ts';
import type { Evidence, SessionEvidence } from './evidence.ts';
import { isEqual } from './equal.ts';
import { Findings, groupBy, stateAt } from './evidence.ts';
import type { State } from './fold.ts';
import { shownOf, trackedIn } from './orders.ts';
import { startedBefore } from './order.ts';
import { said } from './attempts.ts';

/** A read context is the fold of a prefix of the stream, never older than requested, and never goes back. */
export function checkReads({ sessions, stores }: Evidence, findings: Findings): void {
  for (const session of sessions) {
    // Another rule checks reads of an erased session.
    const { erasure } = session;
    for (const read of session.reads)
      if (!erasure || read.end < erasure.start) checkRead(session, read, findings);
    checkDirection(session, findings);
    if (erasure) continue;
    const stored = stores.contexts[session.session_id];
    if (stored !== undefined) checkStored(session, parse(stored), findings);
  }
}

function checkRead(session: SessionEvidence, read: ReadEntry, findings: Findings): void {
  const { status, min_revision, context, start } = read;
  if (status === 500) findings.add('internal_error', nameOf(read));
  if (status === 404 && startedBefore(session, start)) findings.add('context_missing', nameOf(read));
  if (status === 412 && min_revision !== null && toldBefore(session, start) >= min_revision)
    findings.add('context_too_old', `${nameOf(read)} is refused`);
  if (context === null) return;
  if (min_revision !== null && context.revision < min_revision)
    findings.add('context_too_old', `${nameOf(read)} is at ${context.revision}`);
  const different = differences(stateAt(session, context.revision), context);
  if (different !== '')
    findings.add('context_is_no_prefix', `${nameOf(read)} at ${context.revision}: ${different}`);
}

/** The reads of one client at one process of a node never go back. */
function checkDirection({ reads }: SessionEvidence, findings: Findings): void {
  const certain = reads.filter(({ node }) => node.incarnation > 0);
  const byReader = groupBy(certain, ({ process, node }) => `${process} ${node.name} ${node.incarnation}`);
  for (const series of byReader.values()) {
    let highest: ReadEntry | undefined;
    for (const read of series) {
      const [before, after] = [highest?.context?.revision ?? -1, read.context?.revision];
      if (after === undefined) continue;
      if (after < before) findings.add('context_went_back', `${nameOf(read)}: ${after} after ${before}`);
      else highest = read;
    }
  }
}

/** At the end of a run, the context in Redis is the fold of the whole stream. */
function checkStored(session: SessionEvidence, context: ContextDocument, findings: Findings): void {
  const last = session.events.length - 1;
  const different = context.revision === last ? differences(stateAt(session, last), context) : 'revision';
  if (different !== '')
    findings.add(
      'stored_context_differs',
      `${session.session_id} at ${context.revision} of ${last}: ${different}`,
    );
}

/** Parses a context as Redis holds it. */
export function parse(hash: Readonly<Record<string, string>>): ContextDocument {
  const section = (name: string): Record<string, unknown> =>
    JSON.parse(hash[name] ?? 'null') as Record<string, unknown>;
  return {
    partner_id: JSON.parse(hash['partner_id'] ?? 'null') as string,
    revision: Number(hash['revision']),
    session: section('session'),
    goal_state: section('goal_state'),
    conversation_flags: section('conversation_flags'),
    short_term_memory: { ...section('short_term_memory'), recent_turns: section('recent_turns') },
    order_tracking: section('order_tracking'),
    orders: section('orders'),
    external: section('external'),
  };
}

/** The flags that the system derives. */
export const derived = new Set([
  'is_repeat_query',
  'asked_about_payment',
  'awaiting_external_data',
  'retry_attempts',
  'handoff',
]);

/** The names of the members in which a context differs from the fold. */
function differences(state: State | undefined, context: ContextDocument): string {
  if (state === undefined) return 'there is no such revision';
  const { session, short_term_memory: memory } = context;
  const { status, channel, start_time, last_activity_time, previous_session_id, turn_count } = state;
  const { last_user_intent, last_bot_action, preferences } = state;
  const wantedSession = { status, channel, start_time, last_activity_time, previous_session_id, turn_count };
  const wantedMemory = { preferred_language: state.language, preferences, last_user_intent, last_bot_action };
  const flags = Object.entries(context.conversation_flags).filter(([name]) => !derived.has(name));
  const pairs: Record<string, [unknown, unknown]> = {
    partner_id: [context.partner_id, state.partner_id],
    session: [pick(session, wantedSession), wantedSession],
    goal_state: [context.goal_state, goalsOf(state)],
    conversation_flags: [Object.fromEntries(flags), state.flags],
    short_term_memory: [pick(memory, wantedMemory), wantedMemory],
    recent_turns: [memory['recent_turns'], state.turns],
    awaiting_external_data: [
      context.conversation_flags['awaiting_external_data'],
      state.inquiries.length > 0,
    ],
    outside: [trackedIn(context), shownOf(state.outside)],
  };
  return Object.entries(pairs)
    .filter(([, [is, wanted]]) => !isEqual(is, wanted))
    .map(([name, [is, wanted]]) => `${name} ${JSON.stringify(is)}, not ${JSON.stringify(wanted)}`)
    .join('; ');
}

/** The members of `from` that another record has, too. */
function pick(from: Readonly<Record<string, unknown>>, like: object): object {
  return Object.fromEntries(Object.keys(like).map((name) => [name, from[name]]));
}

function goalsOf({ current, suspended }: State): object {
  const stack = suspended.map(({ goal, step }) => ({ goal, step, status: 'suspended' }));
  if (current === null) return { current_goal: null, step: null, status: null, stack };
  return { current_goal: current.goal, step: current.step, status: 'in_progress', stack };
}

/** The highest revision that any client was told before a time. */
function toldBefore({ commands }: SessionEvidence, time: number): number {
  const known = [...commands.values()].flat().filter((one) => one.end < time && said(one) === 'done');
  return Math.max(-1, ...known.map(({ answer }) => answer?.revision ?? -1));
}

function nameOf({ process, node, session_id, min_revision }: ReadEntry): string {
  return `${process} of ${session_id} at ${node.name}, min_revision ${min_revision}`;
}
