import type { FastifyReply } from 'fastify';
import type { CommandRequest, CommandResult } from '#sessions';
import type { CommandHeaders } from './request-headers.ts';
import { etag } from './request-headers.ts';
import type { CommandResultDto } from './responses.dto.ts';
import { resultOf } from './responses.dto.ts';

/** A request as the command path takes it: everything but the commands. */
export function commandRequest(
  sessionId: string,
  { actor, key, expectedRevision, agentEpoch, correlationId, traceparent }: CommandHeaders,
  body: object,
  deduplicationIds: readonly string[],
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

/** Puts the revision and whether it is a repetition into the headers. */
export function sendResult(reply: FastifyReply, result: CommandResult): CommandResultDto {
  void reply.header('etag', etag(result.revision));
  if (result.replayed) void reply.header('idempotency-replayed', 'true');
  return resultOf(result);
}
