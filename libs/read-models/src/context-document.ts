import type { KnownCommand, Section, Session, SessionState } from '#domain';
import { initialState } from '#domain';

/** The sections of a context, each a field of the Redis hash. */
export const sections = Object.keys(initialState) as readonly Section[];

/** The fields that the context as a document is put together from, in this order. */
export const documentFields = [
  'revision',
  'format',
  'partner_id',
  'identity',
  'session',
  'order_tracking',
  'goal_state',
  'conversation_flags',
  'short_term_memory',
  'recent_turns',
  'external',
] as const;

/** A context as it is sent: JSON text of what the domain's `contextOf` gives. */
export interface ContextDocument {
  readonly revision: number;
  readonly body: string;
}

type Texts = readonly (string | null)[];

/** Joins the stored texts of the sections, in the order of `documentFields`, without reading them. */
export function joinDocument(sessionId: string, texts: Texts): ContextDocument {
  const [revision, , partner, identity, session, order, goals, flags, memory, turns, external] = texts;
  const shortTerm = `${memory?.slice(0, -1)},"recent_turns":${turns}}`;
  const body =
    `{"session_id":"${sessionId}","partner_id":${partner},"revision":${revision},"identity":${identity},` +
    `"session":${session},"order_tracking":${order},"goal_state":${goals},"conversation_flags":${flags},` +
    `"short_term_memory":${shortTerm},"external":${external}}`;
  return { revision: Number(revision), body };
}

/** Field and text of each section, as the scripts take them. */
export function sectionTexts(state: SessionState, changed: readonly Section[]): string[] {
  const texts = changed.flatMap((section) => [section, JSON.stringify(state[section])]);
  if (changed.includes('identity')) texts.push('partner_id', JSON.stringify(state.identity.partner_id));
  return texts;
}

/** A session from the texts of its sections, in the order of `sections`. Undefined when one is missing. */
export function parseSession(sessionId: string, revision: number, texts: Texts): Session | undefined {
  const entries: [Section, unknown][] = [];
  for (const [index, section] of sections.entries()) {
    const text = texts[index];
    if (typeof text !== 'string') return undefined;
    entries.push([section, JSON.parse(text)]);
  }
  const state = Object.fromEntries(entries) as unknown as SessionState;
  return { session_id: sessionId, revision, state, known: { from: revision + 1, list: [] } };
}

/** A command's record in the hash `cmd:{session}`. */
export function commandRecord({ revision, count, hash }: KnownCommand): string {
  return `${revision}:${count}:${hash}`;
}

export function parseCommand(id: string, record: string): KnownCommand {
  const [revision, count, ...hash] = record.split(':');
  return { id, revision: Number(revision), count: Number(count), hash: hash.join(':') };
}
