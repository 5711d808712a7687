import { isUtf8 } from 'node:buffer';
import type { FieldError } from '../problems/problem.ts';

/** A number of JSON text that may be inexact: one of 16 digits or more, or with an exponent. Inside of a text it may be none. */
const suspicious = /[:,[\s]-?(?:[\d.]{16}|[\d.]+[eE])/;
/** Significant digits with which every double can be written. */
const doubleDigits = 17;
/** How deep fields are named. */
const maxDepth = 32;

const inexact = 'is a number that cannot be stored exactly; send it as a text';
const notUtf8 = 'is not valid UTF-8';

/** What stands in the place of a value that has a fault. */
class Fault {
  constructor(readonly message: string) {}
}

/** The numbers of a JSON text that JSON.parse rounds, or makes infinite or 0. Costs next to nothing when there are none. */
export function inexactNumbers(text: string): FieldError[] {
  if (!suspicious.test(text)) return [];
  return faults(text, isInexact, inexact);
}

/** The texts of a JSON document that are not valid UTF-8. Its structure is ASCII, so each byte is read as a character. */
export function malformedTexts(bytes: Buffer): FieldError[] {
  return faults(bytes.toString('latin1'), isMalformed, notUtf8);
}

function isMalformed(value: unknown, source: string): boolean {
  return typeof value === 'string' && !isUtf8(Buffer.from(source, 'latin1'));
}

function isInexact(value: unknown, source: string): boolean {
  return typeof value === 'number' && !isExact(source, value);
}

/**
 * A whole number is exact up to 2^53 - 1. Any other has to be the double itself, written with as many digits as are given.
 */
function isExact(source: string, value: number): boolean {
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value);
  const { digits } = decimal(source);
  if (!Number.isFinite(value) || digits.length > doubleDigits) return false;
  if (digits === '') return true;
  const rendered = decimal(value.toPrecision(digits.length));
  return rendered.digits === digits && rendered.exponent === decimal(source).exponent;
}

/** The significant digits of a number, and the power of ten of the last of them. */
function decimal(text: string): { digits: string; exponent: number } {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?(\d+)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  return { digits, exponent: Number(exponent) - fraction.length + all.length - digits.length };
}

type Check = (value: unknown, source: string) => boolean;

/** The fields of a JSON text whose value has a fault; one that is nested too deep has no name. */
function faults(text: string, isFaulty: Check, message: string): FieldError[] {
  let isFound = false;
  const mark = (_key: string, value: unknown, context?: { source?: string }): unknown => {
    if (context?.source === undefined || !isFaulty(value, context.source)) return value;
    isFound = true;
    return new Fault(message);
  };
  try {
    const named = [...marked(JSON.parse(text, mark), '', 0)];
    return isFound && named.length === 0 ? [{ field: '', message }] : named;
  } catch (error) {
    if (error instanceof RangeError) return [{ field: '', message: 'is nested too deep' }];
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function* marked(value: unknown, path: string, depth: number): Generator<FieldError> {
  if (value instanceof Fault) yield { field: path, message: value.message };
  else if (typeof value === 'object' && value !== null && depth < maxDepth) {
    const inList = Array.isArray(value);
    for (const [key, item] of Object.entries(value))
      yield* marked(item, inList ? `${path}[${key}]` : path ? `${path}.${key}` : key, depth + 1);
  }
}
