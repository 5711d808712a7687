import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Json } from '#domain';
import type { DataKey } from '../keys/data-key.ts';

/** Where a sealed value stands: elsewhere it does not open. The partner is that of the key. */
export interface Place {
  /** The stream, table or Redis key, as `session-…`. */
  readonly of: string;
  /** The event's id, the row's key. */
  readonly record: string;
  readonly field: string;
}

/** Thrown when a sealed value was changed, or stands where it was not written. */
export class BrokenSealError extends Error {
  override readonly name = 'BrokenSealError';
  readonly code = 'broken_seal';

  constructor(place: Place, options?: ErrorOptions) {
    super(`The sealed value of ${place.field} in ${place.record} does not open.`, options);
  }
}

const algorithm = 'A256GCM';
const nonceBytes = 12;
const tagBytes = 16;
/** What a sealed value was, so that an erased one still has its type. */
const types = { string: 't', number: 'n', boolean: 'b', list: 'l', object: 'o' } as const;
const erasedValues: { readonly [type: string]: Json } = { t: '[erased]', n: 0, b: false, l: [], o: {} };
const form = /^A256GCM\.([0-9a-f-]{36})\.([tnblo])\.([\w-]+)$/;

/** Encrypts a value, bound to its place: algorithm, key id, type, then nonce, ciphertext and tag. Null stays null. */
export function seal(key: DataKey, place: Place, value: Json): string | null {
  if (value === null) return null;
  const type = types[typeOf(value)];
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key.encryption, nonce);
  cipher.setAAD(additionalData(key, place, type));
  const text = cipher.update(JSON.stringify(value), 'utf8');
  const sealed = Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()]);
  return `${algorithm}.${key.id}.${type}.${sealed.toString('base64url')}`;
}

/** @throws BrokenSealError */
export function open(key: DataKey, place: Place, sealed: string): Json {
  const [, keyId, type = '', body = ''] = form.exec(sealed) ?? [];
  if (keyId !== key.id) throw new BrokenSealError(place);
  const bytes = Buffer.from(body, 'base64url');
  if (bytes.length < nonceBytes + tagBytes) throw new BrokenSealError(place);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.encryption, bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(additionalData(key, place, type));
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    const text = decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, 'utf8');
    return JSON.parse(text + decipher.final('utf8')) as Json;
  } catch (cause) {
    throw new BrokenSealError(place, { cause });
  }
}

/** The key that a value was sealed with; undefined: it is none that `seal` made. */
export function keyIdOf(sealed: unknown): string | undefined {
  return typeof sealed === 'string' ? form.exec(sealed)?.[1] : undefined;
}

/** What stands for a sealed value whose key was destroyed. */
export function erasedValue(sealed: string): Json {
  return erasedValues[form.exec(sealed)?.[2] ?? 't'] ?? null;
}

function typeOf(value: NonNullable<Json>): keyof typeof types {
  if (Array.isArray(value)) return 'list';
  return typeof value as 'string' | 'number' | 'boolean' | 'object';
}

function additionalData({ partner_id }: DataKey, { of, record, field }: Place, type: string): Buffer {
  return Buffer.from(JSON.stringify([partner_id, of, record, field, type]));
}
