import type { Section, SessionState } from '#domain';
import { contextOf, initialState, newSession } from '#domain';

/** The sections of a context, each a field of the Redis hash. */
export const sections = Object.keys(initialState) as readonly Section[];

/** The members of the document after its head: the sections. */
const members = Object.keys(contextOf(newSession(''))).slice(3) as Section[];
const head = ['revision', 'format', 'partner_id', 'recent_turns'] as const;

/** The hash fields that make up the document. */
export const documentFields: readonly string[] = [...head, ...members];

/** A context as it is sent: the JSON text of the domain's `contextOf`. */
export interface ContextDocument {
  readonly revision: number;
  readonly body: string;
}

type Texts = readonly (string | null)[];

/** Joins the stored texts, in the order of `documentFields`, without parsing them. */
export function joinDocument(sessionId: string, texts: Texts): ContextDocument {
  const [revision, , partner, turns] = texts;
  let body = `{"session_id":"${sessionId}","partner_id":${partner},"revision":${revision}`;
  for (const [index, member] of members.entries()) {
    const text = texts[head.length + index];
    body +=
      member === 'short_term_memory'
        ? `,"${member}":${text?.slice(0, -1)},"recent_turns":${turns}}`
        : `,"${member}":${text}`;
  }
  return { revision: Number(revision), body: `${body}}` };
}

/** A state from the texts of its sections, in the order of `sections`. Undefined when one is missing. */
export function parseState(texts: Texts): SessionState | undefined {
  const entries: [Section, unknown][] = [];
  for (const [index, section] of sections.entries()) {
    const text = texts[index];
    if (typeof text !== 'string') return undefined;
    entries.push([section, JSON.parse(text)]);
  }
  return Object.fromEntries(entries) as unknown as SessionState;
}
