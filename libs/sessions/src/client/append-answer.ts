import { WrongExpectedVersionError } from '@eventstore/db-client';
import { unpackToCommandError } from '@eventstore/db-client/dist/streams/appendToStream/unpackError.js';
import { parseUUID } from '@eventstore/db-client/dist/utils/grpcUUID.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { NotReadyError } from './errors.ts';

/** What became of an append. */
export interface AppendOutcome {
  /** False: the stream was at another revision than expected. */
  readonly appended: boolean;
  /** The revision of the stream afterwards; -1: there is no such stream. */
  readonly revision: number;
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
