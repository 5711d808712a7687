import type { Json, Session, SessionState } from '#domain';
import { initialState } from '#domain';
import { sections } from '../context/document.ts';
import type { Difference } from './difference.ts';
import { changed, differs } from './difference.ts';
import type { StoredContext } from './stored-context.ts';

/** The differences between a context and the session folded at the same revision. */
export function contextDifferences(session: Session, { revision, texts }: StoredContext): Difference[] {
  // The key of an erased partner is destroyed: sealed values count as absent.
  const isErased = session.state.session.status === 'erased';
  if (texts === undefined) return isErased ? [] : [differs('context', 'unreadable', revision)];
  return sections.flatMap((section) => {
    const found = parsed(texts.get(section));
    const place = { kind: 'context', turn_revision: -1, stored_revision: revision } as const;
    if (found === undefined) return [differs('context', 'missing', revision, { field: section })];
    const expected = asStored(session.state[section] as Json);
    return changed({ ...place, field: fieldIn(section, expected, found) }, expected, found) ?? [];
  });
}

/** The section, with its first differing member if the name is one of ours: other names come from callers. */
function fieldIn(section: keyof SessionState, expected: Json, found: Json): string {
  if (!isObject(expected) || !isObject(found)) return section;
  const own = Object.keys(initialState[section] ?? {});
  const place = { kind: 'context', turn_revision: -1, stored_revision: null, field: '' } as const;
  const member = own.find((name) => changed(place, expected[name] ?? null, found[name] ?? null));
  return member === undefined ? section : `${section}.${member}`;
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value after a round trip through JSON. */
function asStored(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

function parsed(text: string | undefined): Json | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Json);
  } catch {
    return undefined;
  }
}
