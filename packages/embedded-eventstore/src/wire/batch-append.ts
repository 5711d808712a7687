import type { ExpectedRevision } from '../store/records.ts';
import { readProposedMessage, writeSuccess, type ProposedMessage } from './append-messages.ts';
import { decoder, type Reader } from './reader.ts';
import { readExpected, readStreamName, writeStreamName } from './shared.ts';
import { encode, type Writer } from './writer.ts';

export interface BatchOptions {
  stream: string | undefined;
  expected: ExpectedRevision | undefined;
  /** Milliseconds since 1970, if given. */
  deadline: number | undefined;
}

export interface BatchAppendRequest {
  /** The size of the whole message, which its events keep in memory. */
  size: number;
  /** The encoded UUID message; responses repeat these bytes. */
  correlation: Buffer;
  options: BatchOptions | undefined;
  events: ProposedMessage[];
  final: boolean;
}

/** A Timestamp or a Duration, in milliseconds. */
const readMilliseconds = (reader: Reader): number =>
  reader.message({ ms: 0 }, (time, field) => {
    if (field === 1) time.ms += Number(reader.int64()) * 1000;
    else if (field === 2) time.ms += reader.int32() / 1e6;
  }).ms;

const readOption = (options: BatchOptions, field: number, reader: Reader): void => {
  if (field === 1) options.stream = readStreamName(reader);
  else if (field === 6) options.deadline = readMilliseconds(reader);
  else if (field === 7) options.deadline = Date.now() + readMilliseconds(reader);
  else options.expected = readExpected(field, reader) ?? options.expected;
};

export const decodeBatchAppendRequest = decoder<BatchAppendRequest>(
  (size) => ({ size, correlation: Buffer.alloc(0), options: undefined, events: [], final: false }),
  (request, field, reader) => {
    if (field === 1) request.correlation = reader.bytes();
    else if (field === 2) {
      request.options = reader.message(
        { stream: undefined, expected: undefined, deadline: undefined },
        readOption,
      );
    } else if (field === 3) request.events.push(readProposedMessage(reader));
    else if (field === 4) request.final = reader.bool();
  },
);

/** Error details of a google.rpc.Status. */
export interface BatchError {
  readonly code: number;
  readonly message: string;
  /** Full name of the message in the details. */
  readonly detail: string;
  readonly value?: (writer: Writer) => void;
}

const respond = (correlation: Buffer, stream: string | undefined, body: (writer: Writer) => void): Buffer =>
  encode((writer) => {
    writer.bytes(1, correlation);
    body(writer);
    if (stream !== undefined) writeStreamName(writer, 4, stream);
  });

export const encodeBatchSuccess = (
  correlation: Buffer,
  stream: string,
  revision: number,
  pos: number,
): Buffer => respond(correlation, stream, (writer) => writeSuccess(writer, 3, revision, pos));

export const encodeBatchError = (
  correlation: Buffer,
  stream: string | undefined,
  error: BatchError,
): Buffer =>
  respond(correlation, stream, (writer) =>
    writer.message(2, (status) => {
      status.uint32(1, error.code).string(2, error.message);
      status.message(3, (any) => {
        any.string(1, `type.googleapis.com/${error.detail}`);
        if (error.value) any.bytes(2, encode(error.value));
      });
    }),
  );

/** The event_store.client.WrongExpectedVersion message. */
export const writeWrongVersion =
  (expected: ExpectedRevision, current: number) =>
  (writer: Writer): void => {
    if (current < 0) writer.message(2);
    else writer.uint64(1, current);
    if (typeof expected === 'number') writer.uint64(3, expected);
    else writer.message(expected === 'any' ? 4 : expected === 'stream_exists' ? 5 : 6);
  };
