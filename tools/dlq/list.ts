import type { Filter, Services } from './dead-letters.ts';
import { behindMark, marksOf, matches, wantedParts } from './dead-letters.ts';
import type { Action } from './marks.ts';
import { markOf, Marks } from './marks.ts';
import type { Place } from './place.ts';
import { comparePlaces } from './place.ts';
import type { Bounds, Found } from './read.ts';
import { nameOf, readParts } from './read.ts';

/** A dead letter and its state; null: it is open. */
export type Listed = Omit<Found, 'letter'> & {
  readonly letter: Omit<Found['letter'], 'key' | 'value' | 'headers'>;
  readonly action: Action | null;
};

/**
 * Dead letters in the order of their places: at most `limit`, after the place `after`.
 * @returns them, and whether there are more
 */
export async function list(
  services: Services,
  filter: Filter & { readonly isOpen?: boolean; readonly after?: Place | undefined; readonly limit: number },
): Promise<{ readonly found: Listed[]; readonly more: boolean }> {
  const { isOpen = false, after, limit } = filter;
  const marks = new Marks(services.pool);
  const parts = (await wantedParts(services, filter)).flatMap((part) => behind(part, after));
  const found = new Map(parts.map((part) => [nameOf(part), [] as Listed[]]));
  await readParts(services, parts, async (part, { letters, next }) => {
    const known = await marksOf(marks, part, letters);
    const those = found.get(nameOf(part)) ?? [];
    for (const item of letters) {
      const action = markOf(known, item)?.action ?? null;
      if (!matches(filter, item) || (isOpen && action !== null) || those.length > limit) continue;
      those.push({ ...item, letter: facts(item.letter), action });
    }
    const last = letters.at(-1);
    const over = isOpen && last !== undefined ? markOf(known, last) : undefined;
    return those.length > limit ? undefined : behindMark(over, next);
  });
  const all = [...found.values()].flat().sort(comparePlaces);
  return { found: all.slice(0, limit), more: all.length > limit };
}

/** The rest of a part after a place. */
function behind(part: Bounds, after: Place | undefined): Bounds[] {
  if (after === undefined || comparePlaces({ ...part, offset: 0n }, { ...after, offset: 0n }) > 0)
    return [part];
  const isSame = part.topic === after.topic && part.partition === after.partition;
  return isSame ? [{ ...part, low: after.offset >= part.low ? after.offset + 1n : part.low }] : [];
}

function facts({ key: _key, value: _value, headers: _headers, ...rest }: Found['letter']): Listed['letter'] {
  return rest;
}
