import { createHmac, hash, randomUUID } from 'node:crypto';
import type { Actor, CommandContext, JsonObject, RecordedEvent, Session, SessionCommand } from '#domain';
import { canonicalJson, commandHashScheme } from '#domain';
import type { DataKey, Reach } from '#privacy';
import type { EventStore } from './store.ts';

/** Commands for one session, with their ids and context. */
export interface CommandRequest {
  readonly sessionId: string;
  /** Decided in sequence and appended together. */
  readonly commands: readonly SessionCommand[];
  readonly actor: Actor;
  /** Whether the sender may reach a session; an unreachable one is answered as not found. Undefined: any. */
  readonly reaches?: (session: Reach) => boolean;
  /** The ids under which a repetition of this request is recognised, the first of them stored with its events. */
  readonly commandIds: readonly string[];
  /**
   * An id under which an earlier version stored this request, and others too: a command found under it counts when it has the
   * same hash and this version did not store one under `unless`.
   */
  readonly formerId?: { readonly id: string; readonly unless: string };
  /** What the caller sent, including path parameters: tells a repetition from another request under the same id. */
  readonly body: JsonObject;
  /** The revision that the caller has seen; undefined: decide on the latest one. */
  readonly expectedRevision?: number;
  /** The epoch under which the caller owns the session; a command of a replaced owner is refused. */
  readonly agentEpoch?: number;
  /** Undefined: that of the request which this one continues if the session knows it, else a new one. */
  readonly correlationId?: string;
  readonly causationId?: string;
  readonly traceparent?: string;
}

/** What a request appended. */
export interface CommandResult {
  readonly session: Session;
  readonly revision: number;
  readonly events: readonly RecordedEvent[];
  /** The request was processed before; this is its first result. */
  readonly replayed: boolean;
}

/**
 * Tells a repetition of a request from another request under the same id, by its commands and what was sent.
 * Each API route has its own commands, whose names outlive its address.
 */
export function commandHash({ commands, body }: CommandRequest): string {
  return commandHashScheme + shortHash(`${commands.map(({ type }) => type).join()}:${canonicalJson(body)}`);
}

/** The prefix of a keyed id, and of a keyed hash after its scheme. No caller's id starts with it: those start with their kind. */
const keyed = 'k.';

/** An id as it is stored: a message id may contain a phone number. Without a key it stays as it is. */
export function keyedId(key: DataKey | undefined, id: string): string {
  return key === undefined ? id : keyed + mac(key, `id ${id}`);
}

/** A hash as it is stored, keyed because its input could be guessed. Computed from the plain hash, so that older ones can be keyed too. */
export function keyedHash(key: DataKey | undefined, plain: string): string {
  return key === undefined ? plain : `${commandHashScheme}${keyed}${mac(key, `hash ${plain}`)}`;
}

/** The ids and the hash under which a request is stored and recognised, both with a key and as stored before there was one. */
export class CommandIdentity {
  readonly ids: readonly string[];
  readonly hash: string;
  private readonly plainHash: string;
  private readonly forms = new Map<string, string>();

  constructor(
    private readonly request: CommandRequest,
    private readonly key: DataKey | undefined,
  ) {
    this.plainHash = commandHash(request);
    this.ids = request.commandIds.map((id) => this.stored(id));
    this.hash = keyedHash(key, this.plainHash);
  }

  /** An id as it is stored, of this system or of another. */
  stored(id: string): string {
    const known = this.forms.get(id);
    if (known !== undefined) return known;
    const form = keyedId(this.key, id);
    this.forms.set(id, form);
    return form;
  }

  /** The forms in which ids may be stored: as they are now, and as they were before there was a key. */
  formsOf(ids: readonly string[]): readonly string[] {
    return this.key === undefined ? ids : [...ids.map((id) => this.stored(id)), ...ids];
  }

  /** Whether a stored hash matches the request, by the scheme that it was made with. */
  hasHash(stored: string): boolean {
    if (stored === this.hash || stored === this.plainHash) return true;
    return !stored.startsWith(commandHashScheme) && stored === shortHash(canonicalJson(this.request.body));
  }

  /** The id that the caller sent, from one of its stored forms. */
  sent(form: string): string {
    return this.request.commandIds.find((id) => this.stored(id) === form) ?? form;
  }
}

function mac(key: DataKey, text: string): string {
  return createHmac('sha256', key.identifiers).update(text).digest('base64url').slice(0, 22);
}

function shortHash(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}

/**
 * What the events of a request have in common. Their ids are unique to this attempt. The store must not take another attempt for
 * this one: it would keep the other's times and hashes, while the session here continues with its own.
 */
export function commandContext(
  request: CommandRequest,
  identity: CommandIdentity,
  { codec, cell }: Pick<EventStore, 'codec' | 'cell'>,
): CommandContext {
  const { actor, agentEpoch, causationId } = request;
  const [command_id, ...command_aliases] = identity.ids;
  const occurred_at = new Date().toISOString();
  const command_hash = identity.hash;
  const ownCorrelationId = randomUUID();
  const common = {
    occurred_at,
    actor,
    ...(causationId === undefined ? {} : { $causationId: identity.stored(causationId) }),
    ...(command_id === undefined ? {} : { command_id, command_hash }),
    ...(agentEpoch === undefined ? {} : { agent_epoch: agentEpoch }),
  };
  const eventIds: string[] = [];
  return {
    agentEpoch,
    cell,
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
    eventId: (index) => (eventIds[index] ??= randomUUID()),
  };
}
