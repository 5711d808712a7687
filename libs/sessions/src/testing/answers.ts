import shared from '@eventstore/db-client/generated/shared_pb.js';
import status from '@eventstore/db-client/generated/status_pb.js';
import messages, {
  type BatchAppendReq,
  type BatchAppendResp,
  type ReadResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import any from 'google-protobuf/google/protobuf/any_pb.js';

/** The answer of a server whose deadline for an append has passed. */
export function timeout(request: BatchAppendReq): BatchAppendResp {
  return failure(request, 4, 'Timeout', 'event_store.client.Timeout', new shared.Timeout());
}

/** The answer of a server that takes no appends, for example during an election. */
export function notReady(request: BatchAppendReq): BatchAppendResp {
  return failure(request, 14, 'Server Is Not Ready', 'google.protobuf.Empty', new shared.Empty());
}

/** A checkpoint. Version 24.10 sends one at 2^64-1 for an empty log. */
export function checkpoint(position: bigint, prepare = position): ReadResp {
  const found = new messages.ReadResp.Checkpoint();
  found.setCommitPosition(String(position));
  found.setPreparePosition(String(prepare));
  const response = new messages.ReadResp();
  response.setCheckpoint(found);
  return response;
}

/** The revision of the event in a message of a read; -1: it has none. */
export function revisionOf(message: ReadResp): number {
  return Number(message.getEvent()?.getEvent()?.getStreamRevision() ?? -1);
}

function failure(
  request: BatchAppendReq,
  code: number,
  message: string,
  type: string,
  details: { serializeBinary(): Uint8Array },
): BatchAppendResp {
  const packed = new any.Any();
  packed.pack(details.serializeBinary(), type);
  const error = new status.Status();
  error.setCode(code);
  error.setMessage(message);
  error.setDetails(packed);
  const response = new messages.BatchAppendResp();
  response.setCorrelationId(request.getCorrelationId());
  response.setStreamIdentifier(request.getOptions()?.getStreamIdentifier());
  response.setError(error);
  return response;
}
