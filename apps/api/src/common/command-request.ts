import type { CommandRequest } from '#sessions';
import type { RequestHeaders } from './command-headers.ts';

/** A request to the command executor without its commands. `body` distinguishes a repetition from another request. */
export function commandRequest(
  sessionId: string,
  { actor, key, expectedRevision, agentEpoch, correlationId, traceparent }: RequestHeaders,
  body: object,
  deduplicationIds: readonly string[] = [],
): Omit<CommandRequest, 'commands'> {
  return {
    sessionId,
    actor,
    commandIds: key === undefined ? deduplicationIds : [`key:${key}`, ...deduplicationIds],
    body: { ...body },
    expectedRevision,
    agentEpoch,
    correlationId,
    traceparent,
  };
}
