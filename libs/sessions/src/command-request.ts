import { hash, randomUUID } from 'node:crypto';
import type { Actor, CommandContext, JsonObject, RecordedEvent, Session, SessionCommand } from '#domain';
import { canonicalJson, commandHashScheme } from '#domain';
import { uuidV5 } from '#platform';
import type { Reach } from '#privacy';
import type { EventCodec } from './codec.ts';

/** Commands for one session, with what identifies them. */
export interface CommandRequest {
  readonly sessionId: string;
  /** Decided in sequence and appended together. */
  readonly commands: readonly SessionCommand[];
  readonly actor: Actor;
  /** Whether the sender may reach a session; one that it may not is answered as if it was not there. Undefined: any. */
  readonly reaches?: (session: Reach) => boolean;
  /** The ids under which a repetition of this request is recognised, the first of them stored with its events. */
  readonly commandIds: readonly string[];
  /**
   * An id that an earlier version stored for this request, and also for others: the command under it counts when it has the
   * same hash and this version did not store one `unless`.
   */
  readonly formerId?: { readonly id: string; readonly unless: string };
  /** What the caller sent, path parameters too, for telling a repetition from another request under the same id. */
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

/**
 * Tells a repetition of a request from another request under the same id: the commands that it means, and what was sent.
 * Each route of the api means commands of its own, whose names outlive its address.
 */
export function commandHash({ commands, body }: CommandRequest): string {
  return commandHashScheme + shortHash(`${commands.map(({ type }) => type).join()}:${canonicalJson(body)}`);
}

/** Whether a stored hash is that of the request, by the scheme that it was made with. */
export function hasHash(request: CommandRequest, stored: string): boolean {
  return (
    stored ===
    (stored.startsWith(commandHashScheme) ? commandHash(request) : shortHash(canonicalJson(request.body)))
  );
}

function shortHash(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}

/**
 * What the events of a request have in common. Their ids derive from the session, the command id, the hash and the time
 * of this attempt. The store must not take another attempt for this one: it would keep the other's times, while the
 * session here continues with its own.
 */
export function commandContext(request: CommandRequest, codec: EventCodec): CommandContext {
  const { sessionId, actor, agentEpoch, causationId } = request;
  const [command_id, ...command_aliases] = request.commandIds;
  const occurred_at = new Date().toISOString();
  const command_hash = commandHash(request);
  const ownCorrelationId = randomUUID();
  const common = {
    occurred_at,
    actor,
    ...(causationId === undefined ? {} : { $causationId: causationId }),
    ...(command_id === undefined ? {} : { command_id, command_hash }),
    ...(agentEpoch === undefined ? {} : { agent_epoch: agentEpoch }),
  };
  const attempt = `${command_id ?? randomUUID()}:${command_hash}:${occurred_at}`;
  return {
    agentEpoch,
    metadata: (type, index, origin) => {
      const traceparent = request.traceparent ?? origin?.traceparent ?? undefined;
      return {
        schema_version: codec.versionOf(type),
        ...common,
        $correlationId: request.correlationId ?? origin?.correlation_id ?? ownCorrelationId,
        ...(traceparent === undefined ? {} : { traceparent }),
        ...(index === 0 && command_aliases.length > 0 ? { command_aliases } : {}),
      };
    },
    eventId: (index) => uuidV5(`${attempt}:${index}`, sessionId),
  };
}
