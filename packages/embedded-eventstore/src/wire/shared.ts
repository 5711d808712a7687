import type { ExpectedRevision } from '../store/records.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** Whether ids are sent as two 64-bit numbers or as text, as the client requests. */
export type UuidFormat = 'structured' | 'string';

export const uuidToString = (id: Buffer): string => {
  const hex = id.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

export const uuidFromString = (text: string): Buffer => {
  const id = Buffer.from(text.length === 36 ? text.replaceAll('-', '') : '', 'hex');
  if (id.length !== 16) throw new RangeError(`Invalid UUID '${text}'`);
  return id;
};

const tryUuidFromString = (text: string): Buffer | undefined => {
  try {
    return uuidFromString(text);
  } catch {
    return undefined;
  }
};

/** Reads a nested UUID message, in either format, into its 16 bytes; undefined when it is not a UUID. */
export const readUuid = (reader: Reader): Buffer | undefined => {
  const parts = reader.message({ text: '', most: 0n, least: 0n }, (uuid, field) => {
    if (field === 1) {
      reader.message(uuid, (structured, part) => {
        if (part === 1) structured.most = reader.int64();
        else if (part === 2) structured.least = reader.int64();
      });
    } else if (field === 2) uuid.text = reader.string();
  });
  if (parts.text !== '') return tryUuidFromString(parts.text);
  const id = Buffer.allocUnsafe(16);
  id.writeBigInt64BE(parts.most, 0);
  id.writeBigInt64BE(parts.least, 8);
  return id;
};

export const writeUuid = (writer: Writer, field: number, id: Buffer, format: UuidFormat): void => {
  writer.message(field, (uuid) => {
    if (format === 'string') uuid.string(2, uuidToString(id));
    else {
      uuid.message(1, (structured) => {
        structured.int64(1, id.readBigInt64BE(0)).int64(2, id.readBigInt64BE(8));
      });
    }
  });
};

/** Reads a nested StreamIdentifier message. */
export const readStreamName = (reader: Reader): string =>
  reader.message({ name: '' }, (target, field) => {
    if (field === 3) target.name = reader.string();
  }).name;

export const writeStreamName = (writer: Writer, field: number, name: string): void => {
  writer.message(field, (identifier) => identifier.string(3, name));
};

export interface Position {
  commit: number;
  prepare: number;
}

/** Reads a nested message of a commit and a prepare position. */
export const readPosition = (reader: Reader): Position =>
  reader.message({ commit: 0, prepare: 0 }, (position, field) => {
    if (field === 1) position.commit = reader.uint64();
    else if (field === 2) position.prepare = reader.uint64();
  });

/** Reads the expected-revision oneof, which has the same field numbers in all requests. */
export const readExpected = (field: number, reader: Reader): ExpectedRevision | undefined => {
  if (field === 2) return reader.uint64();
  if (field < 3 || field > 5) return undefined;
  reader.present();
  return field === 3 ? 'no_stream' : field === 4 ? 'any' : 'stream_exists';
};

/** Reads a nested UUIDOption message. */
export const readUuidOption = (reader: Reader): UuidFormat =>
  reader.message<{ format: UuidFormat }>({ format: 'structured' }, (option, field) => {
    if (field === 2) option.format = 'string';
    reader.present();
  }).format;
