import type { Json, JsonObject } from '../kernel/json.ts';
import { isObject, isSameJson } from '../kernel/json.ts';
import type { RecordedSessionEvent } from './events.ts';
import type { Session } from './session.ts';
import { evolveSession, newSession } from './session.ts';
import type { Section, SessionState } from './state.ts';

/** The working context as an agent reads it. */
export interface Context extends Omit<
  SessionState,
  | 'identity'
  | 'agent'
  | 'queries'
  | 'order_facts'
  | 'earlier_inquiries'
  | 'inquiry_kinds'
  | 'recent_turns'
  | 'short_term_memory'
> {
  readonly session_id: string;
  readonly partner_id: string;
  readonly revision: number;
  readonly identity: SessionState['identity'];
  readonly short_term_memory: SessionState['short_term_memory'] & {
    readonly recent_turns: SessionState['recent_turns'];
  };
}

/** The context of a session at its revision. */
export function contextOf({ session_id, revision, state }: Session): Context {
  const { identity, session, order_tracking, orders, goal_state, conversation_flags } = state;
  const { external, inquiries } = state;
  const { partner_id } = identity;
  const short_term_memory = { ...state.short_term_memory, recent_turns: state.recent_turns };
  const head = { session_id, partner_id, revision, identity, session };
  const conversation = { order_tracking, orders, goal_state, conversation_flags, short_term_memory };
  return { ...head, ...conversation, external, inquiries };
}

/** The sections that differ between two states: what a projection has to write. */
export function changedSections(before: SessionState, after: SessionState): Section[] {
  return (Object.keys(after) as Section[]).filter((section) => before[section] !== after[section]);
}

/** Which event set a field of the context. */
export interface Explanation {
  readonly event_id: string;
  readonly type: string;
  readonly revision: number;
  readonly occurred_at: string;
  readonly set_by: string;
}

type Explanations = { readonly [path: string]: Explanation };

/** A session with, for each field of each member of its context, the event that set it last. */
export interface Explained {
  readonly session: Session;
  readonly members: { readonly [member: string]: Explanations };
}

export function newExplained(sessionId: string): Explained {
  return { session: newSession(sessionId), members: {} };
}

/** The fields of the context (`goal_state.step`: …) that an event has set, each with that event. */
export function explanationsOf({ members }: Explained): Explanations {
  return Object.assign({}, ...Object.values(members)) as Explanations;
}

/**
 * Folds the next event of the stream into the explanation. Only the members that the event touched are looked at, so the
 * cost of an event does not grow with the conversation.
 */
export function explainEvent(
  { session: before, members }: Explained,
  event: RecordedSessionEvent,
): Explained {
  const session = evolveSession(before, event);
  const explanation: Explanation = {
    event_id: event.event_id,
    type: event.type,
    revision: event.revision,
    occurred_at: event.metadata.occurred_at,
    set_by: systemOf(event) ?? event.metadata.actor.instance ?? event.metadata.actor.id,
  };
  const [old, current] = [toJson(contextOf(before)), toJson(contextOf(session))];
  const touched = Object.keys(current).filter((member) => old[member] !== current[member]);
  const explained = touched.map((member) => [
    member,
    Object.fromEntries(explain(old[member], current[member], member, members[member] ?? {}, explanation)),
  ]);
  return { session, members: { ...members, ...Object.fromEntries(explained) } };
}

/** The other system that an event comes from. */
function systemOf(event: RecordedSessionEvent): string | undefined {
  if (event.type === 'ExternalUpdateRecorded') return event.data.system;
  return event.type === 'InquiryAnswered' || event.type === 'InquiryCorrected'
    ? event.data.source
    : undefined;
}

function toJson(context: Context): JsonObject {
  return context as unknown as JsonObject;
}

/** Each field of a value that is or was set by an event. */
function explain(
  before: Json | undefined,
  after: Json | undefined,
  path: string,
  known: Explanations,
  explanation: Explanation,
): [string, Explanation][] {
  if (isObject(after)) {
    const old = isObject(before) ? before : {};
    return Object.keys(after).flatMap((key) =>
      explain(old[key], after[key], `${path}.${key}`, known, explanation),
    );
  }
  const current = isSameJson(before, after) ? known[path] : explanation;
  return current === undefined ? [] : [[path, current]];
}
