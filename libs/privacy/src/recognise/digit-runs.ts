/** Digits with marks in between, as groups: `+91 98765-43210` has three. */
export interface DigitRun {
  readonly groups: readonly Group[];
  /** A + precedes the first group. */
  readonly plus: boolean;
}

export interface Group {
  readonly digits: string;
  readonly start: number;
  readonly end: number;
  /** The characters between this group and the previous one. */
  readonly mark: string;
}

const run = /\(?\+?\(?\d+(?:[ ().-]{1,2}\d+)*/g;
const longRun = /\d[\d ().-]{6}/;
const group = /(\D*)(\d+)/g;
/** Runs with fewer digits contain nothing to find. */
const fewest = 8;
/** Words that people attach to a number without a space, after it and before it. */
const gluedAfter = /^(?:pe|par|ko|se|hai|ka|ki|me|mein|wala|and|or|ext|x|pls|plz)$/i;
const gluedBefore =
  /^(?:no|num|number|ph|phno|phone|mob|mobile|tel|call|card|cardno|ac|acc|account|aadhaar|aadhar|uid|wa|whatsapp)$/i;

/** The runs of a text that may hold a number to find: not part of a word or of another kind of number. */
export function* digitRuns(text: string): Generator<DigitRun> {
  if (text.search(longRun) < 0) return;
  for (const { 0: written, index } of text.matchAll(run)) {
    if (written.length < fewest) continue;
    const groups = groupsOf(written, index);
    const from = isFree(text, index) ? 0 : 1;
    const to = isOpen(text, index + written.length) ? groups.length : groups.length - 1;
    const rest = from === 1 && isPartOfName(text, index) ? [] : groups.slice(from, to);
    if (rest.length > 0) yield { groups: rest, plus: from === 0 && written.slice(0, 2).includes('+') };
  }
}

function groupsOf(written: string, index: number): Group[] {
  return Array.from(written.matchAll(group), ({ 1: mark = '', 2: digits = '', index: at }) => {
    const start = index + at + mark.length;
    return { digits, start, end: start + digits.length, mark };
  });
}

/** Whether a number may start here. */
function isFree(text: string, index: number): boolean {
  const before = text.charAt(index - 1);
  if (/[₹$€£_#&\\]/.test(before)) return false;
  if (/[a-z0-9]/i.test(before)) return gluedBefore.test(wordBefore(text, index));
  return !/[-.]/.test(before) || isAfterCue(text, index - 1);
}

/** `ORD-98765 43210`, `v1.9876543210`: the whole run belongs to the word. */
function isPartOfName(text: string, index: number): boolean {
  return /[a-z0-9_#&\\.-]/i.test(text.charAt(index - 1));
}

function isAfterCue(text: string, index: number): boolean {
  const before = text.charAt(index - 1);
  return before === '' || !/[a-z0-9_)]/i.test(before) || gluedBefore.test(wordBefore(text, index));
}

/** Whether a number may end here. */
function isOpen(text: string, end: number): boolean {
  const after = text.slice(end, end + 2);
  if (/^-[a-z0-9]/i.test(after) || /^[%_@]/.test(after)) return false;
  return !/^[a-z]/i.test(after) || gluedAfter.test(/^[a-z]{1,8}/i.exec(text.slice(end, end + 8))?.[0] ?? '');
}

function wordBefore(text: string, index: number): string {
  return /[a-z]+$/i.exec(text.slice(Math.max(0, index - 12), index))?.[0] ?? '';
}
