import type { Actor, AgentState, EventMetadata, Json, JsonObject, RecordedEvent } from '#domain';
import { isUpdateFor } from '#domain';
import type { RawEvent } from '#sessions';

/** An event of a session that belongs to a trace, or acknowledges an event of it. */
export interface TracedEvent extends RawEvent {
  readonly session_id: string;
  /** Whether its public form went out on `conversation.events`; null: it has none, or nobody knows. */
  readonly published: boolean | null;
}

/** An effect of a message, with its own effects. */
export interface TraceNode {
  /**
   * `message`: a message of another system, received in several places; `request`: a request to a source over Kafka; `push`: an
   * update that the owner of the session has not acknowledged.
   */
  readonly kind: 'message' | 'event' | 'request' | 'acknowledgement' | 'push';
  /** The type of an event, or else the kind: `ExternalUpdate`, `InquiryRequest`, `UpdateAcknowledged`, `UpdateUnacknowledged`. */
  readonly type: string;
  readonly session_id: string | null;
  /** The id of the event, or of the event that reports it. */
  readonly event_id: string | null;
  readonly revision: number | null;
  readonly occurred_at: string;
  readonly created: string;
  readonly actor: Actor | null;
  readonly causation_id: string | null;
  /** Of a fork: the session that it was forked from. */
  readonly forked_from: string | null;
  /** Of an event, as `TracedEvent`. */
  readonly published: boolean | null;
  /** Distinguishes it from others of its kind: ids, names and states, nothing personal. */
  readonly detail: JsonObject;
  readonly children: readonly TraceNode[];
}

type Node = TraceNode & { readonly children: Node[] };

/** The fields of events' data that a trace shows. All are plain. */
const shownFields = [
  'turn_id',
  'sender',
  'goal',
  'flag',
  'kind',
  'system',
  'source_event_id',
  'inquiry_id',
  'source',
  'attempt',
  'reply_id',
  'outcome',
  'cause',
];

/** Who owns sessions, and what they have acknowledged. */
export type Owners = ReadonlyMap<string, Pick<AgentState, 'instance' | 'epoch' | 'acknowledged'>>;

/** Arranges the events of a trace as a tree: each below its cause, as far as ids and revisions show it. Pure. */
export function traceTree(
  events: readonly TracedEvent[],
  acknowledgements: readonly TracedEvent[],
  owners: Owners = new Map(),
): TraceNode[] {
  const tree = new Tree();
  const inOrder = [...events].sort(byTime);
  for (const event of inOrder) tree.add(event);
  for (const event of [...acknowledgements].sort(byTime)) tree.addAcknowledgement(event);
  for (const event of inOrder) tree.addPush(event, owners);
  return tree.roots;
}

/** Ordered by stored time; events of one session keep its order. */
function byTime(one: TracedEvent, other: TracedEvent): number {
  if (one.session_id === other.session_id) return one.revision - other.revision;
  return Date.parse(one.created) - Date.parse(other.created);
}

/** A tree that grows in order of time, so that no event is below a later one. */
class Tree {
  readonly roots: Node[] = [];
  /** Nodes by the names that others refer to: ids of events, revisions of sessions, turns, inquiries, requests. */
  private readonly named = new Map<string, Node>();

  add(event: TracedEvent): void {
    const node = nodeOf(event);
    (this.parentOf(event)?.children ?? this.roots).push(node);
    for (const name of namesOf(event)) this.named.set(name, node);
    for (const { source, attempt } of requestsIn(event)) this.addRequest(node, event, source, attempt);
  }

  /** One event acknowledges several updates, with the latency of each. */
  addAcknowledgement(event: TracedEvent): void {
    for (const update of listOf(event.data['updates'])) {
      const { revision, latency_ms, skipped } = fieldsOf(update);
      const parent = this.named.get(placeOf(event.session_id, Number(revision)));
      const detail = { instance: event.data['instance'] ?? null, latency_ms: latency_ms ?? null };
      const node = nodeOf(event, 'acknowledgement');
      parent?.children.push({ ...node, detail: skipped === undefined ? detail : { ...detail, skipped } });
    }
  }

  /** What the owner of the session is to acknowledge and has not. */
  addPush(event: TracedEvent, owners: Owners): void {
    const owner = owners.get(event.session_id);
    if (owner === undefined || event.revision <= owner.acknowledged || !isUpdate(event, owner)) return;
    const detail = { instance: owner.instance, epoch: owner.epoch };
    const push: Node = { ...nodeOf(event, 'push'), type: 'UpdateUnacknowledged', detail };
    this.named.get(placeOf(event.session_id, event.revision))?.children.push(push);
  }

  private addRequest(node: Node, event: TracedEvent, source: string, attempt: number): void {
    const inquiry_id = event.data['inquiry_id'] ?? null;
    const detail = { inquiry_id, source, attempt, topic: `inquiry.requests.${source}` };
    const request: Node = { ...nodeOf(event, 'request'), type: 'InquiryRequest', detail };
    node.children.push(request);
    const name = requestName(event, source);
    this.named.set(name, request);
    this.named.set(`${name} ${attempt}`, request);
  }

  private parentOf(event: TracedEvent): Node | undefined {
    const { session_id, revision, type, data } = event;
    const { $causationId, command_event = 0 } = metadataOf(event);
    const cause = $causationId === undefined ? undefined : this.named.get($causationId);
    if (cause) return cause;
    if (type === 'ExternalUpdateRecorded') return this.messageOf(event);
    if (type.startsWith('Inquiry') && type !== 'InquiryOpened') {
      const request = requestName(event, data['source']);
      const asked =
        this.named.get(`${request} ${JSON.stringify(data['attempt'])}`) ?? this.named.get(request);
      if (asked) return asked;
    }
    const first =
      command_event > 0 ? this.named.get(placeOf(session_id, revision - command_event)) : undefined;
    if (first) return first;
    if (type.startsWith('Inquiry')) return this.named.get(inquiryName(event));
    return type === 'TurnRecorded' ? this.named.get(turnName(session_id, data['in_reply_to'])) : undefined;
  }

  /** The update of another system that an event recorded; shared by all sessions. */
  private messageOf(event: TracedEvent): Node {
    const { system = null, source_event_id = null, kind = null, occurred_at_source = null } = event.data;
    const name = `message ${JSON.stringify([system, source_event_id])}`;
    const known = this.named.get(name);
    if (known) return known;
    const detail = { system, kind, source_event_id, occurred_at_source };
    const nowhere = { session_id: null, event_id: null, revision: null, actor: null, forked_from: null };
    const message: Node = { ...nodeOf(event, 'message'), ...nowhere, type: 'ExternalUpdate', detail };
    this.named.set(name, message);
    this.roots.push(message);
    return message;
  }
}

function nodeOf(event: TracedEvent, kind: TraceNode['kind'] = 'event'): Node {
  const { session_id, event_id, type, revision, created, data, published } = event;
  const { occurred_at, actor, $causationId, forked_from = null } = metadataOf(event);
  const detail = shownFields.flatMap((name) => {
    const value = data[name];
    return value === undefined || value === null ? [] : [[name, value] as const];
  });
  return {
    kind,
    type,
    session_id,
    event_id,
    revision,
    occurred_at,
    created,
    actor,
    causation_id: $causationId ?? null,
    forked_from,
    published: kind === 'event' ? published : null,
    detail: kind === 'event' ? Object.fromEntries(detail) : {},
    children: [],
  };
}

/** Events of older versions may lack who caused them. */
function isUpdate(event: TracedEvent, owner: Parameters<typeof isUpdateFor>[0]): boolean {
  const recorded = event as unknown as RecordedEvent;
  return Boolean(metadataOf(event).actor) && isUpdateFor(owner, recorded);
}

function namesOf(event: TracedEvent): string[] {
  const { session_id, event_id, revision, type, data } = event;
  const names = [event_id, placeOf(session_id, revision)];
  if (type === 'TurnRecorded') names.push(turnName(session_id, data['turn_id']));
  if (type === 'InquiryOpened') names.push(inquiryName(event));
  return names;
}

function placeOf(session_id: string, revision: number): string {
  return `place ${session_id} ${revision}`;
}

function turnName(session_id: string, turnId: Json | undefined): string {
  return `turn ${session_id} ${JSON.stringify(turnId)}`;
}

function inquiryName({ session_id, data }: TracedEvent): string {
  return `inquiry ${session_id} ${JSON.stringify(data['inquiry_id'])}`;
}

function requestName(event: TracedEvent, source: Json | undefined): string {
  return `${inquiryName(event)} ${JSON.stringify(source)}`;
}

/** The requests that an event of an inquiry carries. For an erased partner none are left. */
function requestsIn({ type, data }: TracedEvent): { source: string; attempt: number }[] {
  if (!type.startsWith('Inquiry')) return [];
  const asked = [...listOf(data['requests']), fieldsOf(data['retry'])['request']];
  return asked.flatMap((request) => {
    const { source, attempt } = fieldsOf(request);
    return typeof source === 'string' && typeof attempt === 'number' ? [{ source, attempt }] : [];
  });
}

function metadataOf({ metadata }: TracedEvent): EventMetadata {
  return metadata as unknown as EventMetadata;
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function fieldsOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
