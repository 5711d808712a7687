import type { Actor } from '../kernel/event.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import { isObject, isSameJson } from '../kernel/json.ts';
import { contextOf } from './context.ts';
import type { RecordedSessionEvent } from './events.ts';
import type { Session } from './session.ts';
import { evolveSession, newSession } from './session.ts';

/** Which event set a field of the context, and who caused it. */
export interface Explanation {
  readonly event_id: string;
  readonly type: string;
  readonly revision: number;
  readonly occurred_at: string;
  readonly actor: Actor;
  /** The other system that the fact comes from; null: it comes from the conversation itself. */
  readonly system: string | null;
  /** The system, else the instance of the actor, else its id. */
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
 * Folds the next event of the stream into the explanation. Only members touched by the event are compared, so the
 * cost of an event does not grow with the conversation.
 */
export function explainEvent(
  { session: before, members }: Explained,
  event: RecordedSessionEvent,
): Explained {
  const session = evolveSession(before, event);
  const explanation = explanationOf(event);
  const [old, current] = [toJson(before), toJson(session)];
  const touched = Object.keys(current).filter((member) => old[member] !== current[member]);
  const explained = touched.map((member) => [
    member,
    Object.fromEntries(explain(old[member], current[member], member, members[member] ?? {}, explanation)),
  ]);
  return { session, members: { ...members, ...Object.fromEntries(explained) } };
}

/** The explanation of the fields that an event sets. */
export function explanationOf(event: RecordedSessionEvent): Explanation {
  const { event_id, type, revision, metadata } = event;
  const { occurred_at, actor } = metadata;
  const system = systemOf(event) ?? null;
  return {
    event_id,
    type,
    revision,
    occurred_at,
    actor,
    system,
    set_by: system ?? actor.instance ?? actor.id,
  };
}

/** The other system that an event comes from. */
function systemOf(event: RecordedSessionEvent): string | undefined {
  if (event.type === 'ExternalUpdateRecorded') return event.data.system;
  const { type } = event;
  return type === 'InquiryAnswered' || type === 'InquiryFailed' || type === 'InquiryCorrected'
    ? event.data.source
    : undefined;
}

function toJson(session: Session): JsonObject {
  return contextOf(session) as unknown as JsonObject;
}

/** Each field of a value with the event that set it. Lists are explained item by item, too: an unchanged item keeps its event. */
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
  const own: [string, Explanation][] = current === undefined ? [] : [[path, current]];
  if (!isList(after)) return own;
  const old = isList(before) ? before : [];
  const items = after.map((item, index): [string, Explanation] => {
    const former = old.findIndex((other) => isSameJson(other, item));
    return [`${path}.${index}`, known[`${path}.${former}`] ?? explanation];
  });
  return [...own, ...items];
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
