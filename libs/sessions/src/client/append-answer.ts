import { MaxAppendSizeExceededError, WrongExpectedVersionError } from '@eventstore/db-client';
import { unpackToCommandError } from '@eventstore/db-client/dist/streams/appendToStream/unpackError.js';
import { parseUUID } from '@eventstore/db-client/dist/utils/grpcUUID.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import protobuf from 'protobufjs/minimal.js';
import { AppendTooLargeError, NotReadyError } from './errors.ts';

/** The outcome of an append. */
export interface AppendOutcome {
  /** False: the stream was at another revision than expected. */
  readonly appended: boolean;
  /** The revision of the stream afterwards; -1: there is no such stream. */
  readonly revision: number;
}

/** An answer, with the id of its request. */
export interface AppendAnswer {
  readonly id: string;
  /** The outcome of the append to that stream. @throws the client's errors, NotReadyError, AppendTooLargeError */
  readonly outcome: (stream: string) => AppendOutcome;
}

/**
 * Reads an answer (`BatchAppendResp`). A success is read straight from the bytes, in a fraction of the time that the
 * client's messages take; all other answers are read with the client's messages.
 */
export function readAnswer(bytes: Uint8Array): AppendAnswer {
  const reader = protobuf.Reader.create(bytes);
  let id = '';
  let revision: number | undefined;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === field.correlationId) id = readUuid(reader);
    else if (tag === field.success) revision = readRevision(reader);
    else reader.skipType(tag & 7);
  }
  if (id === '' || revision === undefined) return readOther(bytes);
  const outcome = { appended: true, revision };
  return { id, outcome: () => outcome };
}

/** Fields and wire types, as encoded in the bytes. */
const field = { correlationId: 0x0a, success: 0x1a, uuidText: 0x12, revision: 0x08 } as const;

/** A UUID written as text; empty when it is written as numbers. */
function readUuid(reader: protobuf.Reader): string {
  let text = '';
  for (const end = reader.uint32() + reader.pos; reader.pos < end;) {
    const tag = reader.uint32();
    if (tag === field.uuidText) text = reader.string();
    else reader.skipType(tag & 7);
  }
  return text;
}

function readRevision(reader: protobuf.Reader): number | undefined {
  let revision: number | undefined;
  for (const end = reader.uint32() + reader.pos; reader.pos < end;) {
    const tag = reader.uint32();
    if (tag === field.revision) revision = Number(reader.uint64());
    else reader.skipType(tag & 7);
  }
  return revision;
}

function readOther(bytes: Uint8Array): AppendAnswer {
  const answer = messages.BatchAppendResp.deserializeBinary(bytes);
  return { id: parseUUID(answer.getCorrelationId()) ?? '', outcome: (stream) => outcomeOf(answer, stream) };
}

function outcomeOf(answer: messages.BatchAppendResp, stream: string): AppendOutcome {
  const failure = answer.getError();
  if (failure === undefined)
    return { appended: true, revision: Number(answer.getSuccess()?.getCurrentRevision()) };
  if (isPassing(failure.getDetails()?.getTypeName())) throw new NotReadyError(failure.getMessage());
  const error = unpackToCommandError(failure, stream);
  if (error instanceof MaxAppendSizeExceededError) throw new AppendTooLargeError({ cause: error });
  if (!(error instanceof WrongExpectedVersionError)) throw error;
  const { actualVersion } = error;
  return { appended: false, revision: typeof actualVersion === 'bigint' ? Number(actualVersion) : -1 };
}

/** Whether a failure may be temporary, by the type of its details: errors unknown to the client, and a full disk. */
function isPassing(type = ''): boolean {
  return !type.startsWith('event_store.client.') || type === 'event_store.client.Unknown';
}
