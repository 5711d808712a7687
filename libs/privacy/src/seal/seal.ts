import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import type { Json } from '#domain';
import type { DataKey } from '../keys/data-key.ts';

/** The place of a sealed value: it does not open anywhere else. The partner is that of the key. */
export interface Place {
  /** The stream, table or Redis key, such as `session-…`. */
  readonly of: string;
  /** The event's id, or the row's key. */
  readonly record: string;
  /** Several: of values that are sealed as one, in their order. */
  readonly field: string | readonly string[];
}

/** Thrown when a sealed value was changed, or copied to another place. */
export class BrokenSealError extends Error {
  override readonly name = 'BrokenSealError';
  readonly code = 'broken_seal';

  constructor(place: Place, options?: ErrorOptions) {
    super(`The sealed value of ${String(place.field)} in ${place.record} does not open.`, options);
  }
}

const algorithm = 'A256GCM';
const nonceBytes = 12;
const tagBytes = 16;
/** The type of each sealed value, so that its placeholder after an erasure has the same type. */
const types = { string: 't', number: 'n', boolean: 'b', list: 'l', object: 'o' } as const;
/** The placeholder for a text whose key was destroyed. */
export const erasedText = '[erased]';
const erasedValues: { readonly [type: string]: Json } = { t: erasedText, n: 0, b: false, l: [], o: {} };
const head = /^A256GCM\.([0-9a-f-]{36})\.([tnblo]+)\./;

/** Encrypts a value, bound to its place: algorithm, key id, type, then nonce, ciphertext and tag. Null stays null. */
export function seal(key: DataKey, place: Place, value: Json): string | null {
  return value === null ? null : sealText(key, place, types[typeOf(value)], JSON.stringify(value));
}

/** Encrypts several values as one, bound to their places and order: a cipher costs more than the characters that it encrypts. */
export function sealTogether(key: DataKey, place: Place, values: readonly NonNullable<Json>[]): string {
  const letters = values.map((value) => types[typeOf(value)]);
  return sealText(key, place, letters.join(''), JSON.stringify(values));
}

/** As `seal`, for the JSON text of an object, or several texts. */
export function sealObjectText(key: DataKey, place: Place, text: string): string {
  return sealText(key, place, types.object, text);
}

function sealText(key: DataKey, place: Place, type: string, json: string): string {
  const nonce = newNonce();
  const cipher = createCipheriv('aes-256-gcm', key.encryption, nonce);
  cipher.setAAD(additionalData(key, place, type));
  const text = cipher.update(json, 'utf8');
  // The last block of GCM is empty: what `final` returns adds nothing.
  cipher.final();
  const sealed = Buffer.concat([nonce, text, cipher.getAuthTag()]);
  return `${algorithm}.${key.id}.${type}.${sealed.toString('base64url')}`;
}

/** @throws BrokenSealError */
export function open(key: DataKey, place: Place, sealed: string): Json {
  return JSON.parse(openText(key, place, sealed)) as Json;
}

/** The values that are sealed as one. @throws BrokenSealError */
export function openTogether(key: DataKey, place: Place, sealed: string): readonly Json[] {
  return JSON.parse(openText(key, place, sealed)) as readonly Json[];
}

/** The JSON text of a sealed value. @throws BrokenSealError */
export function openText(key: DataKey, place: Place, sealed: string): string {
  const [start = '', keyId, type = ''] = head.exec(sealed) ?? [];
  if (keyId !== key.id) throw new BrokenSealError(place);
  const bytes = Buffer.from(sealed.slice(start.length), 'base64url');
  const isWhole = bytes.length === Math.floor(((sealed.length - start.length) * 3) / 4);
  if (!isWhole || bytes.length < nonceBytes + tagBytes) throw new BrokenSealError(place);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.encryption, bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(additionalData(key, place, type));
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    const text = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
    // Throws unless the tag is right.
    decipher.final();
    return text.toString();
  } catch (cause) {
    throw new BrokenSealError(place, { cause });
  }
}

/** The id of the key that sealed a value; undefined: `seal` did not make it. */
export function keyIdOf(sealed: unknown): string | undefined {
  return typeof sealed === 'string' ? head.exec(sealed)?.[1] : undefined;
}

/** How many values are sealed as one; 0: `seal` did not make it. */
export function countIn(sealed: unknown): number {
  return typesIn(sealed).length;
}

/** The types of the values that are sealed, a letter each, such as `to` for a text and an object; empty: `seal` did not make it. */
export function typesIn(sealed: unknown): string {
  return typeof sealed === 'string' ? (head.exec(sealed)?.[2] ?? '') : '';
}

/** The placeholder for a sealed value whose key was destroyed. */
export function erasedValue(sealed: string): Json {
  return erasedValues[head.exec(sealed)?.[2] ?? 't'] ?? null;
}

/** The placeholders for values that are sealed as one, and whose key was destroyed. */
export function erasedTogether(sealed: string): readonly Json[] {
  return Array.from(head.exec(sealed)?.[2] ?? '', (type) => erasedValues[type] ?? null);
}

/** Random bytes are cheaper by the thousand. */
const nonces = Buffer.alloc(1_000 * nonceBytes);
let nextNonce = nonces.length;

/** Random bytes that nothing else uses, until the next call: later calls overwrite them. */
function newNonce(): Buffer {
  if (nextNonce === nonces.length) {
    randomFillSync(nonces);
    nextNonce = 0;
  }
  nextNonce += nonceBytes;
  return nonces.subarray(nextNonce - nonceBytes, nextNonce);
}

function typeOf(value: NonNullable<Json>): keyof typeof types {
  if (Array.isArray(value)) return 'list';
  return typeof value as 'string' | 'number' | 'boolean' | 'object';
}

function additionalData({ partner_id }: DataKey, { of, record, field }: Place, type: string): Buffer {
  return Buffer.from(JSON.stringify([partner_id, of, record, field, type]));
}
