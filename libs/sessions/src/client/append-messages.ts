import type { EventData } from '@eventstore/db-client';
import { WrongExpectedVersionError } from '@eventstore/db-client';
import { unpackToCommandError } from '@eventstore/db-client/dist/streams/appendToStream/unpackError.js';
import { parseUUID } from '@eventstore/db-client/dist/utils/grpcUUID.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import messages, { type BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import empties from 'google-protobuf/google/protobuf/empty_pb.js';
import timestamps from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { NotReadyError } from './errors.ts';

/** What became of an append. */
export interface AppendOutcome {
  /** False: the stream was at another revision than expected. */
  readonly appended: boolean;
  /** The revision of the stream afterwards; -1: there is no such stream. */
  readonly revision: number;
}

/** The server's own limit for an append is 2 s. A time so late that clocks which differ do not matter. */
const deadlineMs = 86_400_000;

/** A request to append events on top of a revision (-1: no stream), under an id that its answer repeats. */
export function appendRequest(
  id: string,
  stream: string,
  events: readonly EventData[],
  expected: number,
): BatchAppendReq {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(stream));
  const options = new messages.BatchAppendReq.Options();
  options.setStreamIdentifier(identifier);
  if (expected < 0) options.setNoStream(new empties.Empty());
  else options.setStreamPosition(String(expected));
  options.setDeadline(timestamps.Timestamp.fromDate(new Date(Date.now() + deadlineMs)));
  const request = new messages.BatchAppendReq();
  request.setCorrelationId(uuid(id));
  request.setOptions(options);
  request.setProposedMessagesList(events.map(proposedMessage));
  request.setIsFinal(true);
  return request;
}

/** The id of the request that an answer belongs to. */
export function requestId(answer: BatchAppendResp): string {
  return parseUUID(answer.getCorrelationId()) ?? '';
}

/** @throws the client's errors, NotReadyError */
export function outcomeOf(answer: BatchAppendResp, stream: string): AppendOutcome {
  const failure = answer.getError();
  if (failure === undefined)
    return { appended: true, revision: Number(answer.getSuccess()?.getCurrentRevision()) };
  if (isPassing(failure.getDetails()?.getTypeName())) throw new NotReadyError(failure.getMessage());
  const error = unpackToCommandError(failure, stream);
  if (!(error instanceof WrongExpectedVersionError)) throw error;
  const { actualVersion } = error;
  return { appended: false, revision: typeof actualVersion === 'bigint' ? Number(actualVersion) : -1 };
}

/** Whether a failure, by the type of its details, may pass: those that the client has no name for, and a full disk. */
function isPassing(type = ''): boolean {
  return !type.startsWith('event_store.client.') || type === 'event_store.client.Unknown';
}

function proposedMessage(event: EventData): BatchAppendReq.ProposedMessage {
  const message = new messages.BatchAppendReq.ProposedMessage();
  message.setId(uuid(event.id));
  message.getMetadataMap().set('type', event.type).set('content-type', event.contentType);
  message.setData(bytes(event.data));
  if (event.metadata !== undefined) message.setCustomMetadata(bytes(event.metadata));
  return message;
}

function bytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value));
}

function uuid(text: string) {
  const message = new shared.UUID();
  message.setString(text);
  return message;
}
