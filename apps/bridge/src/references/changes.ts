import type { RecordedEvent } from '#domain';
import { isReference, isUuid, referencesOf } from '#read-models';
import type { Delivery } from '#sessions';
import { storableTime } from '../common/storable-time.ts';

/** The start of a session. */
export interface Start {
  readonly session_id: string;
  readonly partner_id: string;
  readonly started_at: string;
  readonly position: bigint;
}

/** A reference that a session mentions. Its kind `partner` stands for the session's own partner. */
export interface Mention {
  readonly session_id: string;
  readonly kind: string;
  readonly reference: string;
  readonly position: bigint;
}

/** The change of the index by one delivery. */
export interface IndexChange {
  readonly position: bigint;
  /** When it happened (ISO 8601). */
  readonly at: string | null;
  readonly start?: Start;
  readonly mentions: readonly Mention[];
  /** The session that has ended. */
  readonly over?: string;
  /** The session that takes commands in this cell from here on; the updates that it missed are recorded now. */
  readonly arrived?: string;
}

/** The change by many deliveries: ended sessions are removed first, then the rest is added. */
export interface IndexBatch {
  readonly over: readonly string[];
  readonly starts: readonly Start[];
  readonly mentions: readonly Mention[];
  readonly arrived: readonly string[];
}

/** The change of the index by a delivery; undefined: none. Pure. */
export function changeOf(delivery: Delivery): IndexChange | undefined {
  if (delivery.kind !== 'event' && delivery.kind !== 'deleted') return undefined;
  const session_id = delivery.session_id.toLowerCase();
  const { position } = delivery;
  if (!isUuid(session_id)) return undefined;
  if (delivery.kind === 'deleted')
    return isWhole(delivery.before) ? { position, at: null, mentions: [], over: session_id } : undefined;
  const { event } = delivery;
  const at = storableTime(event.metadata.occurred_at);
  if (isEnd(event)) return { position, at, mentions: [], over: session_id };
  if (event.type === 'SessionArrived') return { position, at, mentions: [], arrived: session_id };
  if (event.type === 'SessionStarted') {
    const { partner_id } = event.data;
    if (!isReference(partner_id) || at === null) return undefined;
    const mention = { session_id, kind: 'partner', reference: partner_id, position };
    return { position, at, start: { session_id, partner_id, started_at: at, position }, mentions: [mention] };
  }
  const mentions = referencesOf(session_id, event).map((row) => ({ ...row, position }));
  return mentions.length > 0 ? { position, at, mentions } : undefined;
}

const neverReferring = new Set(['message_text', 'message_id']);

/** Whether a field may contain references of a session. */
export function isReferring(field: string): boolean {
  return !neverReferring.has(field);
}

/** Merges changes in order: a session's references count until it ends; it may begin again. Pure. */
export function mergeChanges(changes: readonly IndexChange[]): IndexBatch {
  const starts = new Map<string, Start>();
  const mentions = new Map<string, Map<string, Mention>>();
  const over = new Set<string>();
  for (const change of changes) {
    if (change.start) starts.set(change.start.session_id, change.start);
    for (const mention of change.mentions) {
      const { session_id, kind, reference } = mention;
      const ofSession = mentions.get(session_id) ?? new Map<string, Mention>();
      mentions.set(session_id, ofSession);
      const key = `${kind} ${reference}`;
      if (!ofSession.has(key)) ofSession.set(key, mention);
    }
    if (change.over === undefined) continue;
    over.add(change.over);
    starts.delete(change.over);
    mentions.delete(change.over);
  }
  return {
    starts: [...starts.values()],
    mentions: [...mentions.values()].flatMap((ofSession) => [...ofSession.values()]),
    over: [...over],
    arrived: changes.flatMap(({ arrived }) => arrived ?? []),
  };
}

/** Whether an event ends its session. */
function isEnd({ type }: RecordedEvent): boolean {
  return type === 'SessionEnded' || type === 'SessionExpired' || type === 'SessionErased';
}

/** Whether all events of a stream are deleted, not only those before a revision. */
function isWhole(before: number): boolean {
  return before === Number.MAX_SAFE_INTEGER;
}
