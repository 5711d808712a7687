import type { DeclaredType, Mapping } from '#declarations';
import type { Json, UpdateReferences } from '#domain';
import { mapJson } from '#domain';
import { NonRetryableError } from '#messaging';

/** Maximum characters of the id of an order, payout, parcel or partner, and of the text of a field. */
const limits = { id: 200, text: 1_000 } as const;

type Document = { readonly [field: string]: Json };

/** The references of an event: for each kind the first id that its declaration finds. */
export function referencesOf({ references }: DeclaredType, document: Document): UpdateReferences {
  const found = Object.entries(references).flatMap(([kind, pointers]) => {
    const ids = pointers.map((pointer) => idOf(valueOf(pointer, document)));
    const first = ids.find((id) => id !== undefined);
    return first === undefined ? [] : [[kind, first]];
  });
  return Object.fromEntries(found) as UpdateReferences;
}

/** A text or whole number as an id; undefined when the index could not hold it. */
export function idOf(value: unknown, limit: number = limits.id): string | undefined {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  const isId = typeof text === 'string' && text !== '' && text.length <= limit && !text.includes('\0');
  return isId ? text : undefined;
}

/** The text that a mapping finds; null: none. @throws NonRetryableError when it is too long */
export function textAt(name: string, mapping: Mapping | undefined, document: Document): string | null {
  const value = valueOf(mapping, document);
  if (typeof value === 'object' || value === undefined) return null;
  const text = String(value);
  if (text.length <= limits.text) return text;
  throw new NonRetryableError('schema_broken', `${name} has more than ${limits.text} characters`);
}

/** The time that a mapping finds, as ISO 8601 in UTC; null: none. @throws NonRetryableError when it is not a time */
export function timeAt(mapping: Mapping | undefined, document: Document): string | null {
  const value = valueOf(mapping, document);
  if (value === undefined || value === null) return null;
  const time = typeof value === 'string' ? ofText(value) : value;
  const date = new Date(typeof time === 'number' ? time : Number.NaN);
  const year = date.getUTCFullYear();
  if (year >= 1 && year <= 9_999) return date.toISOString();
  const wanted = 'RFC 3339 as 2026-11-28T18:30:00+05:30, or milliseconds since 1970';
  throw new NonRetryableError('schema_broken', `time is not a time (${wanted})`);
}

/** Clocks of other systems have nanoseconds and leap seconds, which `Date` does not support. */
function ofText(text: string): number {
  const upper = text.toUpperCase().replace(/:60(?=[.Z+-])/, ':59');
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,20})?(Z|[+-]\d\d:\d\d)$/.test(upper);
  return isTime ? Date.parse(upper) : Number.NaN;
}

function valueOf(mapping: Mapping | undefined, document: Document): Json | undefined {
  return mapping === undefined ? undefined : mapJson(mapping, document).value;
}
