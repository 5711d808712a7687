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

/** The keys of dead letters of nobody known, one a topic and day: gone when the topic has dropped them. */
export const letterPartners = '/topic/';

/** Bytes as JSON: a text where they are one, which takes less room. */
type Bytes = { readonly text: string } | { readonly base64: string } | null;

const notAtHand = 'sealed with a key that KEYSTORE_URL does not have';
/** It was changed, or lies where it was not written. */
const unreadable = '[unreadable]';

/** What of a dead letter may be personal. */
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
  // Messages of one key stay in their order.
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
 * A dead letter as it was before it was sealed. One that does not open, or whose key is destroyed or not at hand, has its place
 * and reason only.
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

/** Its partner's; of nobody known, of one who is erased, or where that does not open, its topic's: a letter must be written. */
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

/** Undefined: it does not open. */
function contentsOf(key: DataKey, letter: DeadLetter, text: string): Contents | undefined {
  try {
    return open(key, placeOf(letter), text) as unknown as Contents;
  } catch (error) {
    if (error instanceof BrokenSealError) return undefined;
    throw error;
  }
}

/** Undefined: the key store does not have it, or there are no keys. */
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

/** Whom a message names, if it is JSON and says so in the usual place. */
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
