import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { found } from './found.ts';
import { near } from './near.ts';
import { personalTypes } from '../found.ts';
import { Random } from './random.ts';

/** A value to be found in a text. */
export interface Expected {
  readonly type: string;
  readonly value: string;
}

export interface Sample {
  /** The type that the sentence tests. */
  readonly type: string;
  /** Whether a value of the type is to be found. */
  readonly positive: boolean;
  readonly text: string;
  readonly expected: readonly Expected[];
}

type Sentences = Readonly<
  Record<string, { readonly found: readonly string[]; readonly near: readonly string[] }>
>;

/** `blind` was written before the recogniser, from the description of its requirements only. */
const halves = {
  blind: ['blind/en.yaml', 'blind/hi.yaml', 'blind/hinglish.yaml'],
  seen: ['seen.yaml'],
} as const;

/** `count` texts of each type with a value and as many with a near miss; the same in each run. */
export function corpus(half: keyof typeof halves, count = 100): Sample[] {
  const files = halves[half].map((file) => parse(read(file)) as Sentences);
  const types = Object.keys(files[0] ?? {});
  const random = new Random(half.length);
  return types.flatMap((type) =>
    (['found', 'near'] as const).flatMap((kind) =>
      Array.from({ length: count }, (_, index) => {
        const sentences = files[index % files.length]?.[type]?.[kind] ?? [];
        const { text, expected } = fill(random, random.pick(sentences));
        return { type, positive: kind === 'found', text, expected };
      }),
    ),
  );
}

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}

/** Fills the braces of a sentence, then writes its digits as people do: in Devanagari, full width, with invisible characters. */
function fill(random: Random, sentence: string): { text: string; expected: Expected[] } {
  const expected: Expected[] = [];
  const text = sentence.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const make = found[name];
    if (make === undefined) return near[name]?.(random) ?? missing(name);
    const { value, written } = make(random);
    expected.push({ type: typeOf(name), value });
    return written;
  });
  const isHindi = /[\u0900-\u097f]/.test(sentence);
  if (isHindi && random.chance(0.4)) return { text: digitsFrom(text, 0x0966), expected };
  if (random.chance(0.04)) return { text: digitsFrom(text, 0xff10), expected };
  if (random.chance(0.04)) return { text: text.replaceAll(/\d(?=\d)/g, '$&\u200b'), expected };
  return { text, expected };
}

/** The type of a made-up value: `intlphone` is one form of a phone. */
function typeOf(name: string): string {
  return personalTypes.find((type) => name.endsWith(type)) ?? missing(name);
}

function digitsFrom(text: string, zero: number): string {
  return text.replaceAll(/\d/g, (digit) => String.fromCharCode(zero + Number(digit)));
}

function missing(name: string): never {
  throw new Error(`The corpus has no values of ${name}.`);
}
