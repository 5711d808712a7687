import { isUtf8 } from 'node:buffer';
import { FaultList } from '../problems/faults.ts';
import { requestLimits } from '../problems/limits.ts';
import type { FieldError } from '../problems/problem.ts';

/** A number in JSON text that may be inexact: 16 digits or more, or an exponent. It may also be part of a string. */
const suspicious = /[:,[\s]-?(?:[\d.]{16}|[\d.]+[eE])/;
/** Significant digits that suffice to write any double. */
const doubleDigits = 17;
/** How many levels of nesting field names have at most. */
const { bodyDepth: maxDepth } = requestLimits;

const inexact = 'is a number that cannot be stored exactly; send it as a text';
const notUtf8 = 'is not valid UTF-8';

/** Replaces a value that has a fault. */
class Fault {
  constructor(readonly message: string) {}
}

/** The numbers of a JSON text that JSON.parse would round, or turn into infinity or 0. Costs next to nothing when there are none. */
export function inexactNumbers(text: string): readonly FieldError[] {
  if (!suspicious.test(text)) return [];
  return faults(text, isInexact, inexact);
}

/** The strings of a JSON document that are not valid UTF-8. Its structure is ASCII, so each byte is read as a character. */
export function malformedTexts(bytes: Buffer): readonly FieldError[] {
  return faults(bytes.toString('latin1'), isMalformed, notUtf8);
}

function isMalformed(value: unknown, source: string): boolean {
  return typeof value === 'string' && !isUtf8(Buffer.from(source, 'latin1'));
}

function isInexact(value: unknown, source: string): boolean {
  return typeof value === 'number' && !isExact(source, value);
}

/**
 * A whole number is exact up to 2^53 - 1. Any other must equal its double, written with the given number of digits.
 */
function isExact(source: string, value: number): boolean {
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value);
  const { digits } = decimal(source);
  if (!Number.isFinite(value) || digits.length > doubleDigits) return false;
  if (digits === '') return true;
  const rendered = decimal(value.toPrecision(digits.length));
  return rendered.digits === digits && rendered.exponent === decimal(source).exponent;
}

/** The significant digits of a number, and the power of ten of the last one. */
function decimal(text: string): { digits: string; exponent: number } {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?(\d+)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  const digits = withoutFinalZeros(all);
  return { digits, exponent: Number(exponent) - fraction.length + all.length - digits.length };
}

/** An expression such as /0+$/ restarts at every zero: a number of 100,000 digits would take ten seconds. */
function withoutFinalZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

type Check = (value: unknown, source: string) => boolean;

/** The fields of a JSON text whose value has a fault; a field that is nested too deep has no name. */
function faults(text: string, isFaulty: Check, message: string): readonly FieldError[] {
  let isFound = false;
  const mark = (_key: string, value: unknown, context?: { source?: string }): unknown => {
    if (context?.source === undefined || !isFaulty(value, context.source)) return value;
    isFound = true;
    return new Fault(message);
  };
  try {
    const named = new FaultList();
    collect(JSON.parse(text, mark), [], named);
    return isFound && named.errors.length === 0 ? [{ field: '', message }] : named.errors;
  } catch (error) {
    if (error instanceof RangeError) return [{ field: '', message: 'is nested too deep' }];
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function collect(value: unknown, path: (string | number)[], named: FaultList): void {
  if (value instanceof Fault) return named.add(path, value.message);
  if (typeof value !== 'object' || value === null || path.length >= maxDepth) return;
  const inList = Array.isArray(value);
  for (const [key, item] of Object.entries(value)) {
    if (named.isFull) return;
    path.push(inList ? Number(key) : key);
    collect(item, path, named);
    path.pop();
  }
}
