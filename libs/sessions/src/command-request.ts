import { hash, randomUUID } from 'node:crypto';
import { v5 } from 'uuid';
import type { Actor, CommandContext, JsonObject, RecordedEvent, Session, SessionCommand } from '#domain';
import { canonicalJson } from '#domain';
import type { EventCodec } from './codec.ts';

/** Commands for one session, with what identifies them. */
export interface CommandRequest {
  readonly sessionId: string;
  /** Decided in sequence and appended together. */
  readonly commands: readonly SessionCommand[];
  readonly actor: Actor;
  /** The ids under which a repetition of this request is recognised, the first of them stored with its events. */
  readonly commandIds: readonly string[];
  /** What the caller sent, for telling a repetition from another request under the same id. */
  readonly body: JsonObject;
  /** The revision that the caller has seen; undefined: decide on the latest one. */
  readonly expectedRevision?: number;
  /** The epoch under which the caller owns the session; a command of an owner that was replaced is refused. */
  readonly agentEpoch?: number;
  /** Undefined: that of the request which this one continues, if the session knows it, else a new one. */
  readonly correlationId?: string;
  readonly causationId?: string;
  readonly traceparent?: string;
}

/** What a request appended. */
export interface CommandResult {
  readonly session: Session;
  readonly revision: number;
  readonly events: readonly RecordedEvent[];
  /** The request was processed before, and this is its first result. */
  readonly replayed: boolean;
}

/** Tells a repetition of a request from another request under the same id. */
export function bodyHash(body: JsonObject): string {
  return hash('sha256', canonicalJson(body), 'base64url').slice(0, 22);
}

/**
 * What the events of a request have in common. Their ids derive from the session, the command id, the body and the time
 * of this attempt. The store must not take another attempt for this one: it would keep the other's times, while the
 * session here continues with its own.
 */
export function commandContext(request: CommandRequest, codec: EventCodec): CommandContext {
  const { sessionId, actor, agentEpoch, causationId } = request;
  const occurred_at = new Date().toISOString();
  const command_id = request.commandIds[0] ?? randomUUID();
  const command_hash = bodyHash(request.body);
  const ownCorrelationId = randomUUID();
  const common = {
    occurred_at,
    actor,
    ...(causationId === undefined ? {} : { $causationId: causationId }),
    command_id,
    command_hash,
    ...(agentEpoch === undefined ? {} : { agent_epoch: agentEpoch }),
  };
  return {
    agentEpoch,
    metadata: (type, origin) => {
      const traceparent = request.traceparent ?? origin?.traceparent ?? undefined;
      return {
        schema_version: codec.versionOf(type),
        ...common,
        $correlationId: request.correlationId ?? origin?.correlation_id ?? ownCorrelationId,
        ...(traceparent === undefined ? {} : { traceparent }),
      };
    },
    eventId: (index) => v5(`${command_id}:${command_hash}:${occurred_at}:${index}`, sessionId),
  };
}
