import type { Json, JsonObject } from '#domain';
import type { BlindIndex } from '#privacy';
import type { EntityRow, TurnRow } from './rows.ts';

/** Values of a turn that can be found; what has more is no list of entities. */
const mostValues = 64;

/** What stands for the value of an entity in the index: however it is written. */
export function entityIndex(index: BlindIndex, name: string, value: string | number | boolean): string {
  return index.of(`entity ${name}`, String(value).normalize('NFKC').trim().toLowerCase());
}

/** The values of a turn's entities: of a list each one, within an object by the name that holds it. */
export function entityRows(
  index: BlindIndex,
  { session_id, revision, extracted_entities }: TurnRow,
): EntityRow[] {
  const found = new Set<string>();
  for (const [name, value] of valuesIn(extracted_entities, '')) {
    if (found.size >= mostValues) break;
    found.add(entityIndex(index, name, value));
  }
  return [...found].map((blind_index) => ({ blind_index, session_id, revision }));
}

function* valuesIn(value: Json, name: string): Generator<readonly [string, string | number | boolean]> {
  if (value === null) return;
  if (typeof value !== 'object') yield [name, value];
  else if (Array.isArray(value)) for (const item of value) yield* valuesIn(item as Json, name);
  else for (const [key, item] of Object.entries(value as JsonObject)) yield* valuesIn(item, key);
}
