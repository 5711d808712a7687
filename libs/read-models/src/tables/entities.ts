import type { Json, JsonObject } from '#domain';
import type { BlindIndex } from '#privacy';
import { stemOf, typeOfToken } from '#privacy';
import type { EntityRow, TurnRow } from './rows.ts';

/** How every token begins. */
const tokenStart = 'tok_';
/** The places where a text may hold a token of a personal value. */
const tokens = /tok_[a-z]+_[a-p]+(?:_\d{4})?/g;

/** Values of a turn that can be found; more are not a list of entities. */
const mostValues = 64;

/** The blind index of an entity's value, whatever its case and the width of its characters. */
export function entityIndex(index: BlindIndex, name: string, value: string | number | boolean): string {
  return index.of(`entity ${name}`, String(value).normalize('NFKC').trim().toLowerCase());
}

/** The blind index of a token of a personal value, wherever a turn has it; with or without its trailing digits. */
export function tokenIndex(index: BlindIndex, token: string): string {
  return index.of('token', stemOf(token));
}

/** The values of a turn's entities (of a list each one, of an object by the name that holds it), and its tokens. */
export function entityRows(
  index: BlindIndex,
  { session_id, revision, message_text, extracted_entities }: TurnRow,
): EntityRow[] {
  const found = new Set<string>();
  for (const [name, value] of valuesIn(extracted_entities, '')) {
    if (found.size >= mostValues) break;
    found.add(entityIndex(index, name, value));
  }
  const text = `${message_text} ${JSON.stringify(extracted_entities)}`;
  if (!text.includes(tokenStart)) return rowsOf(found, session_id, revision);
  for (const [token] of text.matchAll(tokens)) {
    if (found.size >= 2 * mostValues) break;
    if (typeOfToken(token) !== undefined) found.add(tokenIndex(index, token));
  }
  return rowsOf(found, session_id, revision);
}

function rowsOf(found: ReadonlySet<string>, session_id: string, revision: number): EntityRow[] {
  return Array.from(found, (blind_index) => ({ blind_index, session_id, revision }));
}

function* valuesIn(value: Json, name: string): Generator<readonly [string, string | number | boolean]> {
  if (value === null) return;
  if (typeof value !== 'object') yield [name, value];
  else if (Array.isArray(value)) for (const item of value) yield* valuesIn(item as Json, name);
  else for (const [key, item] of Object.entries(value as JsonObject)) yield* valuesIn(item, key);
}
