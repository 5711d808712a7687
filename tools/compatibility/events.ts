import type { Schema } from './narrowed.ts';
import { narrowed } from './narrowed.ts';

export interface StoredEvents {
  readonly [type: string]: { readonly version: number; readonly data: Schema };
}

const rules = { closed: false, openEnums: false };

/**
 * Stored events that this release can no longer read, and events that it writes but an older release beside it cannot
 * read during a rollout. An older release ignores new types.
 */
export function eventBreaks(before: StoredEvents, after: StoredEvents): string[] {
  return Object.entries(before).flatMap(([type, old]) => {
    const now = after[type];
    if (now === undefined) return [`${type}: the type is gone, but streams hold it`];
    if (now.version !== old.version)
      return [`${type}: version ${now.version} is set aside by a release that knows version ${old.version}`];
    const [was, is] = [
      { schema: old.data, document: before },
      { schema: now.data, document: after },
    ];
    return [
      ...narrowed(was, is, rules).map((fault) => `${type}: in stored events, ${fault}`),
      ...narrowed(is, was, rules).map((fault) => `${type}: for an older release, ${fault}`),
    ];
  });
}
