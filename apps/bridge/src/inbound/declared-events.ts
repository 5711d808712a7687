import { Injectable } from '@nestjs/common';
import type { DeclaredTopic, DeclaredType } from '#declarations';
import { Declarations } from '#declarations';
import type { JsonObject, UpdateReferences } from '#domain';
import type { Received } from '#messaging';
import { NonRetryableError } from '#messaging';
import { isDeeperThan } from '#platform';
import { deepestCommand } from '#sessions';
import { exact } from './exact.ts';
import type { Envelope } from './envelope.ts';
import { envelopeOf } from './envelope.ts';
import { referencesOf, textAt, timeAt } from './resolve.ts';

/** An event of another system, read, validated and resolved by the declaration of its type. */
export interface IncomingEvent {
  /** Its identity: a redelivered event has the same id. */
  readonly source_event_id: string;
  readonly system: string;
  readonly kind: string;
  readonly version: number;
  /** Whether this version of the type is declared, so that its data was validated. */
  readonly known: boolean;
  readonly subject: string | null;
  readonly data: JsonObject;
  readonly references: UpdateReferences;
  readonly status: string | null;
  /** ISO 8601 in UTC. */
  readonly occurred_at_source: string | null;
  readonly public_text: string | null;
}

interface FoundType {
  readonly declared: DeclaredType;
  readonly version: number;
  readonly known: boolean;
}

const versioned = /^(.+)\.v([1-9]\d{0,4})$/;
/** Larger data (characters of JSON) do not belong in a conversation. */
const dataLimit = 65_536;
/** The data are one level below their command. */
const deepestData = deepestCommand - 1;

/** The events of the declared topics. */
@Injectable()
export class DeclaredEvents {
  constructor(private readonly declarations: Declarations) {}

  /**
   * Reads a message of a declared topic. Data of an unknown version of a known type is kept unchanged.
   * @throws NonRetryableError `not_json`, `not_a_cloud_event`, `unknown_type` or `schema_broken`
   */
  read(message: Received): IncomingEvent {
    const topic = this.declarations.topics[message.topic];
    if (topic === undefined) throw new NonRetryableError('unknown_type', `${message.topic} is not declared.`);
    const envelope = envelopeOf(topic, exact(message));
    const found = findType(topic, envelope.type);
    if (found === undefined)
      throw new NonRetryableError('unknown_type', `Type ${envelope.type} is not one of ${message.topic}.`);
    checkData(found, envelope);
    const { source_event_id, subject } = envelope;
    const { declared, version, known } = found;
    const identity = { source_event_id, system: topic.system, kind: declared.kind, version, known, subject };
    return { ...identity, data: asObject(envelope.data), ...resolve(found, envelope) };
  }
}

/** An undeclared version is found by another version of its type. */
function findType({ types }: DeclaredTopic, name: string): FoundType | undefined {
  const [, base, digits] = versioned.exec(name) ?? [];
  const version = Number(digits ?? 1);
  const declared = Object.hasOwn(types, name) ? types[name] : undefined;
  if (declared !== undefined) return { declared, version, known: true };
  if (base === undefined) return undefined;
  const other = Object.entries(types).findLast(([type]) => versioned.exec(type)?.[1] === base);
  return other && { declared: other[1], version, known: false };
}

/** Checks depth and size first, so that writing or schema validation cannot exhaust the stack or the time. */
function checkData({ declared, known }: FoundType, { data }: Envelope): void {
  if (isDeeperThan(data, deepestData))
    throw new NonRetryableError('schema_broken', `data is nested in more than ${deepestData} levels`);
  if ((JSON.stringify(data)?.length ?? 0) > dataLimit)
    throw new NonRetryableError('schema_broken', `data has more than ${dataLimit} characters of JSON`);
  const fault = known ? declared.faultOf(data) : undefined;
  if (fault !== undefined) throw new NonRetryableError('schema_broken', fault);
}

type Resolved = Pick<IncomingEvent, 'references' | 'status' | 'occurred_at_source' | 'public_text'>;

/** The fields of an unknown version may mean something else, so only its references are resolved. */
function resolve({ declared, known }: FoundType, { source_event_id: _id, ...document }: Envelope): Resolved {
  const references = referencesOf(declared, document);
  if (!known) return { references, status: null, occurred_at_source: null, public_text: null };
  return {
    references,
    status: textAt('status', declared.status, document),
    occurred_at_source: timeAt(declared.time, document),
    public_text: textAt('public_text', declared.public_text, document),
  };
}

function asObject(data: unknown): JsonObject {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
    ? (data as JsonObject)
    : ({ value: data ?? null } as JsonObject);
}
