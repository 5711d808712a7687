import { metastreamOf } from './deletion.ts';
import { sessionStream } from './streams.ts';

/** The digits of session ids. */
export const hexDigits: readonly string[] = [...'0123456789abcdef'];
/** The pairs of digits that session ids start with. */
export const digitPairs: readonly string[] = hexDigits.flatMap((first) =>
  hexDigits.map((second) => first + second),
);
const prefix = sessionStream('');
const metaPrefix = metastreamOf(prefix);

/** The pairs of digits of the sessions whose streams have one of the prefixes; undefined: a prefix is longer than a pair. */
export function pairsOf(prefixes: readonly string[]): string[] | undefined {
  const pairs = prefixes.map((name) => {
    const given = name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
    if (given === undefined || !/^[0-9a-f]{0,2}$/.test(given)) return undefined;
    return digitPairs.filter((pair) => pair.startsWith(given));
  });
  return pairs.includes(undefined) || pairs.length === 0 ? undefined : pairs.flatMap((each) => each ?? []);
}

/** The fewest prefixes for the streams of sessions whose ids start with these pairs of digits. */
export function prefixesOf(pairs: Iterable<string>): string[] {
  const given = new Set(pairs);
  if (given.size === digitPairs.length) return [prefix];
  return hexDigits.flatMap((digit) => {
    const own = digitPairs.filter((pair) => pair.startsWith(digit) && given.has(pair));
    return own.length === hexDigits.length ? [prefix + digit] : own.map((pair) => prefix + pair);
  });
}

/** The pair of digits of a stream or its metadata stream. A name without a second digit counts as 0. */
export function pairOf(stream: string): string {
  const from = stream.startsWith(metaPrefix) ? metaPrefix.length : prefix.length;
  const pair = stream.slice(from, from + 2);
  return /^[0-9a-f]{2}$/.test(pair) ? pair : `${pair.slice(0, 1)}0`;
}
