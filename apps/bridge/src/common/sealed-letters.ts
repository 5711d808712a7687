import { isUtf8 } from 'node:buffer';
import type { JsonObject } from '#domain';
import { isPartnerId } from '#domain';
import type { DeadLetter, Outgoing } from '#messaging';
import { readDeadLetter, writeDeadLetter } from '#messaging';
import type { DataKey, DataKeys } from '#privacy';
import {
  BlindIndex,
  BrokenSealError,
  erased,
  keyIdOf,
  open,
  PartnerErasedError,
  seal,
  UnknownKeyError,
} from '#privacy';

/**
 * Keys of dead letters without a known partner, one per topic and day; destroyed when the retention of dead letters
 * has ended.
 */
export const letterPartners = '/topic/';

/** Bytes as JSON: as text where possible, which takes less space. */
type Bytes = { readonly text: string } | { readonly base64: string } | null;

const notAtHand = 'sealed with a key that KEYSTORE_URL does not have';
/** Stands for content that was changed or copied to another place. */
const unreadable = '[unreadable]';

/** The possibly personal parts of a dead letter. */
interface Contents {
  readonly detail: string;
  readonly key: Bytes;
  readonly value: Bytes;
  readonly headers: Readonly<Record<string, Bytes | readonly Bytes[]>>;
}

/**
 * A dead letter whose message and detail are sealed, where there are keys; its place and reason stay plain.
 * @param hasCells the partner may be in another cell, which has or makes its key: none is made here
 */
export async function sealLetter(
  keys: DataKeys | undefined,
  message: Outgoing,
  { hasCells = false } = {},
): Promise<Outgoing> {
  const letter = keys && readDeadLetter(message as Parameters<typeof readDeadLetter>[0]);
  if (!keys || !letter) return message;
  const { detail, headers, key, value } = letter;
  const contents: Contents = {
    detail,
    key: toBytes(key),
    value: toBytes(value),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, item]) => [
        name,
        Array.isArray(item) ? item.map(toBytes) : toBytes(item),
      ]),
    ),
  };
  const dataKey = await ownKeyOf(keys, letter, hasCells);
  const sealed = seal(dataKey, placeOf(letter), contents as unknown as JsonObject) ?? '';
  // Keeps the order of messages with the same key.
  const index = key && (await BlindIndex.load(keys)).of('dead_letter_key', key.toString('base64'));
  return writeDeadLetter({
    ...letter,
    detail: '',
    headers: {},
    key: index === null ? null : Buffer.from(index),
    value: Buffer.from(sealed),
  });
}

/**
 * Opens a sealed dead letter. If it cannot be decrypted, because it was changed or its key is destroyed or not in the
 * key store, only its place and reason are left.
 * @throws KeyStoreUnavailableError
 */
export async function openLetter(keys: DataKeys | undefined, letter: DeadLetter): Promise<DeadLetter> {
  const text = letter.value?.toString('latin1') ?? '';
  const keyId = keyIdOf(text);
  if (keyId === undefined) return letter;
  const key = await keyOf(keys, keyId);
  if (key === undefined) return withoutMessage(letter, notAtHand);
  if (key === erased) return withoutMessage(letter, '[erased]');
  const contents = contentsOf(key, letter, text);
  if (contents === undefined) return withoutMessage(letter, unreadable);
  const { detail, headers, ...bytes } = contents;
  return {
    ...letter,
    detail,
    key: fromBytes(bytes.key),
    value: fromBytes(bytes.value),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, item]) => [
        name,
        Array.isArray(item) ? item.map(ofHeader) : ofHeader(item as Bytes),
      ]),
    ),
  };
}

/**
 * The partner's key, or the topic's if the partner is unknown or erased or its key cannot be unwrapped: a letter must
 * be written.
 */
async function ownKeyOf(keys: DataKeys, { topic, value }: DeadLetter, hasCells: boolean): Promise<DataKey> {
  const partner = partnerIn(value);
  const own = partner && (await (hasCells ? keys.existing(partner) : keys.of(partner)).catch(unlessNone));
  return own || keys.of(`${letterPartners}${topic}/${new Date().toISOString().slice(0, 10)}`);
}

function unlessNone(error: unknown): undefined {
  if (!(error instanceof UnknownKeyError || error instanceof PartnerErasedError)) throw error;
}

function withoutMessage(letter: DeadLetter, detail: string): DeadLetter {
  return { ...letter, detail, key: null, value: null, headers: {} };
}

/** Undefined: it cannot be decrypted. */
function contentsOf(key: DataKey, letter: DeadLetter, text: string): Contents | undefined {
  try {
    return open(key, placeOf(letter), text) as unknown as Contents;
  } catch (error) {
    if (error instanceof BrokenSealError) return undefined;
    throw error;
  }
}

/** Undefined: the key store does not have the key, or there are no keys. */
async function keyOf(
  keys: DataKeys | undefined,
  keyId: string,
): Promise<DataKey | typeof erased | undefined> {
  try {
    return await keys?.byId(keyId);
  } catch (error) {
    if (error instanceof UnknownKeyError) return undefined;
    throw error;
  }
}

function placeOf({ topic, partition, offset }: DeadLetter): Parameters<typeof open>[1] {
  return { of: 'dead_letter', record: `${topic}/${partition}/${offset}`, field: 'message' };
}

/** The partner that a message names, if it is JSON with a partner id in the usual field. */
function partnerIn(value: Buffer | null): string | undefined {
  try {
    const message = JSON.parse(value?.toString() ?? '') as { partner_id?: unknown; data?: object | null };
    const { partner_id } = { ...message, ...message.data };
    return isPartnerId(partner_id) ? partner_id : undefined;
  } catch {
    return undefined;
  }
}

function toBytes(item: Buffer | string | null | undefined): Bytes {
  if (item === null || item === undefined) return null;
  const bytes = Buffer.from(item);
  return isUtf8(bytes) ? { text: bytes.toString() } : { base64: bytes.toString('base64') };
}

function fromBytes(bytes: Bytes): Buffer | null {
  if (bytes === null) return null;
  return 'text' in bytes ? Buffer.from(bytes.text) : Buffer.from(bytes.base64, 'base64');
}

/** A header always has a value. */
function ofHeader(bytes: Bytes): Buffer {
  return fromBytes(bytes) ?? Buffer.alloc(0);
}
