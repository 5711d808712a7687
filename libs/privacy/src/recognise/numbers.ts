import validator from 'validator';
import type { Hint, Reading } from './cues.ts';
import { hintAt } from './cues.ts';
import type { DigitRun, Group } from './digit-runs.ts';
import { digitRuns } from './digit-runs.ts';
import type { Found } from './found.ts';
import { phoneOf } from './phones.ts';

/** The most groups of one number, and its fewest and most digits. */
const mostGroups = 7;
const fewest = 8;
const most = 19;
/** Visa, Mastercard, American Express, Diners, Discover, JCB, RuPay, UnionPay, Maestro. */
const brand =
  /^(?:4|5[0-8]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3[47]|3(?:0[0-5]|[689])|6(?:011|[0245])|35|60|65|8[12]|508|6[37])/;
const cardShapes =
  /^(?:\d{13,19}|\d{4} \d{4} \d{4} \d{1,7}|\d{4} \d{4} \d{4} \d{4} \d{1,3}|\d{4} \d{6} \d{4,5})$/;
const accountShapes = /^(?:\d{9,18}|(?:\d{4} ){2,4}\d{1,4})$/;
/** Separators in a list of numbers: the cue of the first one also applies to the second. */
const between = /^["' ]{0,2}(?:[,;&/]|[,;]? ?(?:and|or|aur|ya|और|या) )["' ]{0,2}$/i;

/** Cards, Aadhaar, phones and bank accounts. @param ifsc the branch codes found in the text */
export function* findNumbers(reading: Reading, ifsc: readonly Found[]): Generator<Found> {
  const { text } = reading;
  let last: { end: number; hint: Hint } | undefined;
  const nearIfsc = nearestOf(ifsc);
  for (const run of digitRuns(text)) {
    for (let index = 0; index < run.groups.length;) {
      const counts = countsAt(run, index);
      const { start } = run.groups[index] as Group;
      const { end } = run.groups[index + (counts[0] ?? 1) - 1] as Group;
      if (counts.length === 0) {
        index += 1;
        continue;
      }
      const isNext = last !== undefined && between.test(text.slice(last.end, Math.min(start, last.end + 9)));
      const hint: Hint = isNext && last ? last.hint : hintAt(reading, start, end);
      const near = nearIfsc(start, end);
      const number = longest(counts, { text, run, index, hint, near });
      if (number) yield number.found;
      index += number?.count ?? 1;
      last = { end: number?.found.end ?? end, hint };
    }
  }
}

/** How many groups from one on may form a number together, most first. */
function countsAt({ groups }: DigitRun, index: number): number[] {
  const counts: number[] = [];
  let digits = 0;
  for (let count = 1; count <= mostGroups && index + count <= groups.length; count += 1) {
    digits += groups[index + count - 1]?.digits.length ?? 0;
    if (digits > most) break;
    if (digits >= fewest) counts.unshift(count);
  }
  return counts;
}

/** Some groups of a run, and their surroundings. */
interface Candidate {
  readonly text: string;
  readonly run: DigitRun;
  readonly index: number;
  readonly count: number;
  readonly hint: Hint;
  /** Whether a branch code is nearby. */
  readonly near: boolean;
}

/** The number of the most groups that form one. */
function longest(
  counts: readonly number[],
  place: Omit<Candidate, 'count'>,
): { readonly found: Found; readonly count: number } | undefined {
  for (const count of counts) {
    const found = read({ ...place, count });
    if (found) return { found, count };
  }
  return undefined;
}

function read(candidate: Candidate): Found | undefined {
  const { text, run, index, count } = candidate;
  const groups = run.groups.slice(index, index + count);
  const [first, end] = [groups[0] as Group, (groups.at(-1) as Group).end];
  const international = run.plus && index === 0;
  const start = international ? text.lastIndexOf('+', first.start) : first.start;
  if (end - start > 30 || hasDots(groups, international)) return undefined;
  const found = kindOf(
    candidate,
    groups.map(({ digits }) => digits),
    international,
  );
  return found && { ...found, start, end };
}

/** The type of a number. If several are possible, the surrounding words decide. */
function kindOf(
  { text, run, index, count, hint, near }: Candidate,
  groups: readonly string[],
  international: boolean,
): Pick<Found, 'type' | 'value'> | undefined {
  const digits = groups.join('');
  const shape = groups.join(' ');
  const { cue, close } = hint;
  const isSolid = count === 1;
  const isId = cue === 'id' && (close || isSolid);
  if (!international && isAccount(shape, hint, near)) return { type: 'account', value: digits };
  if (!international && isCard(digits, shape) && !isId) return { type: 'card', value: digits };
  const isUnsure = isSolid || isId || goesOn(run.groups, index, count);
  if (!international && isAadhaar(digits, shape) && (cue === 'aadhaar' || !isUnsure))
    return { type: 'aadhaar', value: digits };
  const isBare = isSolid && !international && cue !== 'phone';
  if ((cue === 'id' && close) || (isBare && isQuoted(text, run, index))) return undefined;
  const value = phoneOf(groups, international, hint);
  return value === undefined ? undefined : { type: 'phone', value };
}

function isAccount(shape: string, { cue, close }: Hint, near: boolean): boolean {
  const isSaid = (cue === 'account' && close) || (near && (cue === undefined || cue === 'account' || !close));
  return isSaid && accountShapes.test(shape);
}

function isCard(digits: string, shape: string): boolean {
  return cardShapes.test(shape) && brand.test(digits) && validator.isLuhnNumber(digits);
}

function isAadhaar(digits: string, shape: string): boolean {
  return /^(?:[2-9]\d{11}|[2-9]\d{3} \d{4} \d{4})$/.test(shape) && validator.isIdentityCard(digits, 'IN');
}

/** A number in quotes is a JSON value: ids in JSON look like phones. */
function isQuoted(text: string, { groups }: DigitRun, index: number): boolean {
  const { start, end } = groups[index] as Group;
  return text.charAt(start - 1) === '"' && text.charAt(end) === '"';
}

/** Dots belong to figures, except between all groups after a +, and in 987.654.3210. */
function hasDots(groups: readonly Group[], international: boolean): boolean {
  if (international && groups.slice(1).every(({ mark }) => mark === '.')) return false;
  const sizes = groups.map(({ digits }) => digits.length).join('-');
  return groups.slice(1).some(({ mark }) => mark.includes('.')) && sizes !== '3-3-4';
}

/** Says of numbers, in the order of the text, whether a branch code is within a few words. */
function nearestOf(ifsc: readonly Found[]): (start: number, end: number) => boolean {
  let next = 0;
  return (start, end) => {
    while (next < ifsc.length && start - (ifsc[next] as Found).end >= 40) next += 1;
    const code = ifsc[next];
    return code !== undefined && code.start - end < 40;
  };
}

/** Whether more groups of four precede or follow: a longer number, of which three groups are not a number by themselves. */
function goesOn(groups: readonly Group[], index: number, count: number): boolean {
  const [first, next] = [groups[index], groups[index + count]];
  const isMore = (mark: string | undefined, other: Group | undefined): boolean =>
    other?.digits.length === 4 && mark === groups[index + 1]?.mark;
  return isMore(next?.mark, next) || isMore(first?.mark, groups[index - 1]);
}
