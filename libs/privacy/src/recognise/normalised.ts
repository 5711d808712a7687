/** A text as recognisers read it: ASCII digits and marks, no invisible characters; with a mapping back to the original. */
interface Normalised {
  readonly text: string;
  /** The position in the original of a character of `text`. */
  readonly at: (index: number) => number;
}

/** The zeros of scripts whose digits follow them: Arabic, Devanagari and its neighbours in Unicode, full width. */
const zeros = [
  0x0660, 0x06f0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0xff10,
];
const digits = new Map(
  zeros.flatMap((zero) => Array.from({ length: 10 }, (_, digit) => [zero + digit, String(digit)] as const)),
);
const dashes = /[\u2010-\u2015\u2212\ufe58\ufe63]/;
const spaces = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\t\n\r]/;
/** Soft hyphens, joiners, direction marks: invisible between digits. */
const invisible = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/;
const invisibles = new RegExp(invisible, 'g');
const notAscii = /[^ -~]/g;

export function normalise(original: string): Normalised {
  if (!/[^ -~]/.test(original)) return { text: original, at: (index) => index };
  const mapped = original.replaceAll(notAscii, plain);
  if (!invisible.test(mapped)) return { text: mapped, at: (index) => index };
  const positions: number[] = [];
  for (let index = 0; index < mapped.length; index += 1)
    if (!invisible.test(mapped.charAt(index))) positions.push(index);
  positions.push(mapped.length);
  return { text: mapped.replaceAll(invisibles, ''), at: (index) => positions[index] ?? mapped.length };
}

/** The replacement of a character, always of the same length. */
function plain(character: string): string {
  const code = character.charCodeAt(0);
  const digit = digits.get(code);
  if (digit !== undefined) return digit;
  if (code > 0xff00 && code < 0xff5f) return String.fromCharCode(code - 0xfee0);
  if (dashes.test(character)) return '-';
  return spaces.test(character) ? ' ' : character;
}
