import type { JsonObject } from '../kernel/json.ts';
import { canonicalJson } from '../kernel/json.ts';

/** How many different questions of the user are remembered, to recognise a repeated one. */
export const queriesKept = 20;

/** Questions by fingerprint, latest last, and how often each was asked. */
export type Queries = readonly { readonly query: string; readonly times: number }[];

/** A short fingerprint of an intent with its entities (two FNV-1a hashes). */
export function queryFingerprint(intent: string, entities: JsonObject): string {
  const text = canonicalJson([intent, entities]);
  return `${fnv1a(text, 0x811c9dc5)}${fnv1a(text, 0x01000193)}`;
}

/** Counts a question of the user and moves it to the end. `times` includes this time. */
export function rememberQuery(queries: Queries, query: string): { queries: Queries; times: number } {
  const times = (queries.find((item) => item.query === query)?.times ?? 0) + 1;
  const others = queries.filter((item) => item.query !== query);
  return { queries: [...others.slice(1 - queriesKept), { query, times }], times };
}

function fnv1a(text: string, seed: number): string {
  let hash = seed;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}
