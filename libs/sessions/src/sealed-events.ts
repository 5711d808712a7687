import type { EventMetadata, FieldClass, Json, JsonObject } from '#domain';
import { fieldClasses, isPartnerEventType, partnerFieldClasses } from '#domain';
import type { DataKey, Place } from '#privacy';
import {
  BrokenSealError,
  countIn,
  erased,
  erasedTogether,
  erasedValue,
  keyIdOf,
  open,
  openTogether,
  seal,
  sealTogether,
} from '#privacy';

/** The metadata of a sealed event that describe its sealing. */
export type SealedFields = Pick<EventMetadata, 'sealed' | 'partner_id'>;

interface Fields {
  readonly [field: string]: unknown;
}

/** The part of a field's associated data that all fields of an event share. */
interface EventPlace {
  readonly stream: string;
  readonly event_id: string;
}

/** The prefix of the names of partners' streams. */
export const partnerPrefix = 'partner-';
const classes: { readonly [type: string]: { readonly [field: string]: FieldClass } } = {
  ...fieldClasses,
  ...partnerFieldClasses,
};

/** Whether an event has to be sealed: its type may hold personal data. A partner's event that remembers nothing does not. */
export function needsKey(type: string, data: Fields): boolean {
  const declared = Object.hasOwn(classes, type) ? classes[type] : undefined;
  const isPlain = declared !== undefined && Object.values(declared).every((item) => item === 'plain');
  return !isPlain && !(isPartnerEventType(type) && !hasPlainField(type, data, {}));
}

/** Whether a stored event holds unsealed personal data. An event of an unknown type may hold any. */
export function hasPlainField(type: string, data: Fields, { sealed = [] }: SealedFields): boolean {
  const declared = Object.hasOwn(classes, type) ? classes[type] : undefined;
  return Object.entries(data).some(
    ([field, value]) => declared?.[field] !== 'plain' && !isEmpty(value, type) && !sealed.includes(field),
  );
}

/**
 * Empty objects, empty lists and null hide nothing: most turns have no entities. Nor does a partner's memory whose
 * members are empty: their names are always the same.
 */
function isEmpty(value: unknown, type = ''): boolean {
  if (typeof value !== 'object' || value === null) return value === null || value === undefined;
  if (Array.isArray(value)) return value.length === 0;
  const members: unknown[] = Object.values(value);
  return members.length === 0 || (isPartnerEventType(type) && members.every((member) => isEmpty(member)));
}

/**
 * The data of an event with its personal fields sealed, and the metadata that describe that. An undeclared field counts as personal.
 * @param together several fields are sealed as one, in the first of them; the others stay as empty texts
 */
export function sealData(
  key: DataKey,
  place: EventPlace,
  type: string,
  data: Fields,
  together: boolean,
): { readonly data: Fields; readonly metadata: SealedFields } {
  const declared = Object.hasOwn(classes, type) ? classes[type] : undefined;
  const sealed = Object.keys(data).filter(
    (field) => declared?.[field] !== 'plain' && !isEmpty(data[field], type),
  );
  if (sealed.length === 0) return { data, metadata: {} };
  const result: Record<string, unknown> = { ...data };
  if (together && sealed.length > 1) {
    const values = sealed.map((field) => data[field] as NonNullable<Json>);
    for (const field of sealed) result[field] = '';
    result[sealed[0] ?? ''] = sealTogether(key, placeOf(place, sealed), values);
  } else for (const field of sealed) result[field] = seal(key, placeOf(place, field), data[field] as Json);
  return { data: result, metadata: { sealed, partner_id: key.partner_id } };
}

/** The key that seals the fields of an event; undefined: they are plain. @throws BrokenSealError */
export function keyIdIn(place: EventPlace, data: Fields, { sealed }: SealedFields): string | undefined {
  const [field] = sealed ?? [];
  if (field === undefined) return undefined;
  const id = keyIdOf(Object.hasOwn(data, field) ? data[field] : undefined);
  if (id === undefined) throw new BrokenSealError(placeOf(place, field));
  return id;
}

/** The opened data of a sealed event; placeholders for its fields if the key was destroyed. @throws BrokenSealError */
export function openData(
  key: DataKey | typeof erased,
  place: EventPlace,
  data: Fields,
  { sealed = [], partner_id }: SealedFields,
): JsonObject {
  const result: Record<string, unknown> = { ...data };
  if (key !== erased && key.partner_id !== partnerOf(place.stream, partner_id))
    throw new BrokenSealError(placeOf(place, 'partner_id'));
  if (areTogether(data, sealed))
    return Object.assign(result, openedAsOne(key, place, data, sealed)) as JsonObject;
  for (const field of sealed) {
    const text = Object.hasOwn(result, field) ? result[field] : undefined;
    if (typeof text !== 'string' || keyIdOf(text) === undefined)
      throw new BrokenSealError(placeOf(place, field));
    result[field] = key === erased ? erasedValue(text) : open(key, placeOf(place, field), text);
  }
  return result as JsonObject;
}

/** Whether the sealed fields of an event are sealed as one. */
export function areTogether(data: Fields, [first = '']: readonly string[]): boolean {
  return Object.hasOwn(data, first) && countIn(data[first]) > 1;
}

function openedAsOne(
  key: DataKey | typeof erased,
  place: EventPlace,
  data: Fields,
  sealed: readonly string[],
): Fields {
  const [first = '', ...others] = sealed;
  const text = String(data[first]);
  const isWhole = countIn(text) === sealed.length && others.every((field) => data[field] === '');
  if (!isWhole) throw new BrokenSealError(placeOf(place, sealed));
  const values = key === erased ? erasedTogether(text) : openTogether(key, placeOf(place, sealed), text);
  return Object.fromEntries(sealed.map((field, index) => [field, values[index]]));
}

/** The partner that a stream is about. */
function partnerOf(stream: string, partnerId: string | undefined): string | undefined {
  return stream.startsWith(partnerPrefix) ? stream.slice(partnerPrefix.length) : partnerId;
}

function placeOf({ stream, event_id }: EventPlace, field: Place['field']): Place {
  return { of: stream, record: event_id, field };
}
