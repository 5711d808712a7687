import type { Section, SessionState } from '#domain';

/**
 * Sections that the same events change are sealed as one field of the hash: a cipher costs more than the characters that it
 * encrypts. The field holds their JSON texts, one a line.
 */
const groups: { readonly [field: string]: readonly Section[] } = {
  turns: ['recent_turns', 'short_term_memory', 'conversation_flags', 'queries'],
  tracking: ['order_tracking', 'orders', 'external', 'order_facts'],
};
const groupOf: ReadonlyMap<string, string> = new Map(
  Object.entries(groups).flatMap(([field, members]) => members.map((section) => [section, field])),
);

/** The fields of a sealed hash that hold sections, or other fields, each once. */
export function sealedFields(fields: readonly string[]): readonly string[] {
  return [...new Set(fields.map((field) => groupOf.get(field) ?? field))];
}

/** The text of a field: that of its section, or of its group. */
export function textOf(field: string, state: SessionState): string {
  return (groups[field] ?? [field as Section]).map((section) => JSON.stringify(state[section])).join('\n');
}

/** The texts of the sections in a field; undefined: it does not have as many. */
export function textsIn(field: string, text: string): readonly string[] | undefined {
  const group = groups[field];
  if (group === undefined) return [text];
  const texts = text.split('\n');
  return texts.length === group.length ? texts : undefined;
}

/** Where the text of a section, or another field, is: the index of its field, and of its text in there. */
export function placesIn(
  stored: readonly string[],
  fields: readonly string[],
): readonly (readonly [number, number])[] {
  return fields.map((field) => {
    const group = groupOf.get(field) ?? field;
    return [stored.indexOf(group), Math.max(0, groups[group]?.indexOf(field as Section) ?? 0)];
  });
}
