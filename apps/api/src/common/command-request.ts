import type { CommandRequest } from '#sessions';
import type { RequestHeaders } from './command-headers.ts';

/**
 * A request to the command executor without its commands. `body` distinguishes a repeated request from a different
 * one.
 */
export function commandRequest(
  sessionId: string,
  { actor, reaches, key, expectedRevision, agentEpoch, correlationId, traceparent }: RequestHeaders,
  body: object,
  deduplicationIds: readonly string[] = [],
): Omit<CommandRequest, 'commands'> {
  return {
    sessionId,
    actor,
    reaches,
    commandIds: commandIds(key, deduplicationIds),
    body: { ...body },
    expectedRevision,
    agentEpoch,
    correlationId,
    traceparent,
  };
}

/** The ids by which a repeated request is recognised. Ids with a key differ from all others. */
export function commandIds(key: string | undefined, deduplicationIds: readonly string[]): readonly string[] {
  return key === undefined ? deduplicationIds : [`key:${key}`, ...deduplicationIds];
}
