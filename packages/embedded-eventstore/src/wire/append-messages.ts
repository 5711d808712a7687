import type { ExpectedRevision, ProposedEvent } from '../store/records.ts';
import { decoder, type Reader } from './reader.ts';
import { readExpected, readStreamName, readUuid } from './shared.ts';
import { encode, type Writer } from './writer.ts';

/** A proposed event as received: `type` or `contentType` is undefined when the metadata map lacks it. */
export interface ProposedMessage {
  id: Buffer | undefined;
  type: string | undefined;
  contentType: string | undefined;
  meta: Buffer;
  data: Buffer;
}

const EMPTY = Buffer.alloc(0);

const readProposedField = (message: ProposedMessage, field: number, reader: Reader): void => {
  if (field === 1) message.id = readUuid(reader);
  else if (field === 2) readMapEntry(message, reader);
  else if (field === 3) message.meta = reader.bytes();
  else if (field === 4) message.data = reader.bytes();
};

const readMapEntry = (message: ProposedMessage, reader: Reader): void => {
  const entry = reader.message({ key: '', value: '' }, (target, field) => {
    if (field === 1) target.key = reader.string();
    else if (field === 2) target.value = reader.string();
  });
  if (entry.key === 'type') message.type = entry.value;
  else if (entry.key === 'content-type') message.contentType = entry.value;
};

export const readProposedMessage = (reader: Reader): ProposedMessage =>
  reader.message(
    { id: undefined, type: undefined, contentType: undefined, meta: EMPTY, data: EMPTY },
    readProposedField,
  );

/** The size of an event for the append limit, in bytes. */
export const sizeOf = (event: ProposedEvent): number =>
  event.data.length + event.meta.length + 2 * event.type.length;

/** Options of Append, Delete and Tombstone. */
export interface StreamOptions {
  stream: string | undefined;
  expected: ExpectedRevision | undefined;
}

const readOptionsField = (options: StreamOptions, field: number, reader: Reader): void => {
  if (field === 1) options.stream = readStreamName(reader);
  else options.expected = readExpected(field, reader) ?? options.expected;
};

const readStreamOptions = (reader: Reader): StreamOptions =>
  reader.message({ stream: undefined, expected: undefined }, readOptionsField);

export interface AppendRequest {
  /** The size of the whole message, which its event keeps in memory. */
  size: number;
  options: StreamOptions | undefined;
  event: ProposedMessage | undefined;
}

export const decodeAppendRequest = decoder<AppendRequest>(
  (size) => ({ size, options: undefined, event: undefined }),
  (request, field, reader) => {
    if (field === 1) request.options = readStreamOptions(reader);
    else if (field === 2) request.event = readProposedMessage(reader);
  },
);

export const decodeDeleteRequest = decoder<{ options: StreamOptions | undefined }>(
  () => ({ options: undefined }),
  (request, field, reader) => {
    if (field === 1) request.options = readStreamOptions(reader);
  },
);

const writeRevision = (writer: Writer, revision: number): void => {
  if (revision < 0) writer.message(2);
  else writer.uint64(1, revision);
};

/** Writes the Success message of Append and BatchAppend as field `field`. */
export const writeSuccess = (writer: Writer, field: number, revision: number, pos: number): void => {
  writer.message(field, (success) => {
    writeRevision(success, revision);
    success.message(3, (position) => position.uint64(1, pos).uint64(2, pos));
  });
};

export const encodeAppendSuccess = (revision: number, pos: number): Buffer =>
  encode((writer) => writeSuccess(writer, 1, revision, pos));

/** In the fields of version 20.6 the largest uint64 means no stream. */
const NO_STREAM_20_6_0 = 2 ** 64;

export const encodeWrongVersion = (expected: ExpectedRevision, current: number): Buffer =>
  encode((writer) =>
    writer.message(2, (wrong) => {
      wrong.uint64(1, current < 0 ? NO_STREAM_20_6_0 : current);
      if (typeof expected === 'number') wrong.uint64(3, expected);
      else if (expected === 'no_stream') wrong.uint64(3, NO_STREAM_20_6_0);
      else wrong.message(expected === 'any' ? 4 : 5);
      if (current < 0) wrong.message(7);
      else wrong.uint64(6, current);
      if (typeof expected === 'number') wrong.uint64(8, expected);
      else wrong.message(expected === 'any' ? 9 : expected === 'stream_exists' ? 10 : 11);
    }),
  );

export const encodeDeleteResponse = (pos: number): Buffer =>
  encode((writer) => writer.message(1, (position) => position.uint64(1, pos).uint64(2, pos)));
