import { hintOfName, withoutTokens } from './cues.ts';
import { findAddresses } from './addresses.ts';
import { findCodes } from './codes.ts';
import { findCoordinates } from './coordinates.ts';
import type { Found } from './found.ts';
import { normalise } from './normalised.ts';
import { findNumbers } from './numbers.ts';

/** A text without any of these contains nothing to find. */
const fourDigits = /\d{4}|0[A-Z]\d/i;
const mayBeVehicle = /[A-Z]{2}[ -]?\d{1,2}[ -]?[A-Z]/i;
const telling = /[@\d\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u0d6f\uff10-\uff20]/;

/**
 * The personal values in a text, in order, without overlaps. Takes time proportional to its length.
 * @param name of the field that holds the text: a cue like the words around a number
 */
export function recognise(text: string, name = ''): Found[] {
  if (!telling.test(text)) return [];
  const { text: written, at } = normalise(text);
  const plain = withoutTokens(written);
  const reading = { text: plain, name: hintOfName(name) };
  const codes = fourDigits.test(plain) || mayBeVehicle.test(plain) ? [...findCodes(reading)] : [];
  const ifsc = codes.filter(({ type }) => type === 'ifsc');
  const all = [
    ...findAddresses(reading),
    ...codes,
    ...findCoordinates(reading),
    ...findNumbers(reading, ifsc),
  ];
  return apart(all).map(({ start, end, ...found }) => ({ ...found, start: at(start), end: at(end - 1) + 1 }));
}

/** Drops values that overlap one of an earlier finder. */
function apart(all: readonly Found[]): Found[] {
  if (all.length < 2) return [...all];
  const ordered = all
    .map((found, rank) => ({ found, rank }))
    .sort((a, b) => a.found.start - b.found.start || a.rank - b.rank);
  const kept: { found: Found; rank: number }[] = [];
  for (const next of ordered) {
    const last = kept.at(-1);
    if (last === undefined || next.found.start >= last.found.end) kept.push(next);
    else if (next.rank < last.rank) kept[kept.length - 1] = next;
  }
  return kept.map(({ found }) => found);
}
