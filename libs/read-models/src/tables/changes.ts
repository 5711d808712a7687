import type { Actor, JsonObject, RecordedEvent } from '#domain';
import type { BlindIndex } from '#privacy';
import { channelPattern, isActivity, isSessionEventType, senders } from '#domain';
import { uuidPattern } from '../common/uuid.ts';
import { correlationOf } from './correlations.ts';
import { entityRows } from './entities.ts';
import { milestoneOf } from './milestones.ts';
import { referencesOf } from './references.ts';
import type { ReplyRow, RowChange, SessionPatch, SessionRow, TurnContext, TurnRow } from './rows.ts';
import { tokensOf } from './tokens.ts';

/** Thrown when no row can hold an event: a malformed id or time, or a value outside the column's type. */
export class UnstorableEventError extends Error {}

/**
 * The rows that an event adds or changes. Pure. An event of an unknown type changes only the revision.
 * @param index undefined: values of entities are not indexed
 * @param position of the event in the store; undefined: unknown
 */
export function rowChange(
  sessionId: string,
  event: RecordedEvent,
  index?: BlindIndex,
  position?: bigint,
): RowChange {
  const session_id = validId(sessionId, 'session_id');
  const at = validTime(event.metadata.occurred_at);
  const isStart = event.type === 'SessionStarted' || event.type === 'SessionForked';
  const turn = event.type === 'TurnRecorded' ? turnRow(session_id, event, at, position) : undefined;
  // All changes have the same members, which makes reading them fast.
  return {
    started: isStart ? firstRow(session_id, event, at) : undefined,
    patch: isStart ? undefined : sessionPatch(session_id, event, at),
    turn,
    reply: turn && event.type === 'TurnRecorded' ? replyOf(turn, event.data.in_reply_to) : undefined,
    references: isStart ? [] : referencesOf(session_id, event),
    tokens: tokensOf(session_id, event),
    entities: turn && index ? entityRows(index, turn) : [],
    milestone: milestoneOf(session_id, event, at),
    words: undefined,
    correlation: correlationOf(session_id, event),
    partner_id: event.metadata.partner_id,
  };
}

function replyOf(turn: TurnRow, to: string | null | undefined): ReplyRow | undefined {
  const { session_id, sender, message_text, revision } = turn;
  const turn_id = sender === 'bot' ? to?.toLowerCase() : undefined;
  if (turn_id === undefined || !isUuid(turn_id)) return undefined;
  return { session_id, turn_id, response_text: message_text, response_revision: revision };
}

const noAgent = { agent_instance: null, agent_pool: null, agent_epoch: null };

function startedRow(
  session_id: string,
  { data, revision }: RecordedEvent & { type: 'SessionStarted' | 'SessionForked' },
  at: string,
): SessionRow {
  const { partner_id, channel, language, expires_in_s } = data;
  const expires_at = validTime(new Date(Date.parse(at) + expires_in_s * 1_000).toISOString());
  return {
    session_id,
    partner_id: text(partner_id, 'partner_id'),
    start_time: at,
    last_activity_time: at,
    channel: channelName(channel),
    current_task: null,
    language: text(language, 'language'),
    expires_at,
    expires_in_s,
    status: 'active',
    ...noAgent,
    forked_from: null,
    open_inquiries: [],
    revision,
  };
}

function firstRow(
  session_id: string,
  event: RecordedEvent & { type: 'SessionStarted' | 'SessionForked' },
  at: string,
): SessionRow {
  return event.type === 'SessionForked'
    ? forkedRow(session_id, event, at)
    : startedRow(session_id, event, at);
}

/** A fork starts with a task and copies no turns: those belong to the other session. */
function forkedRow(
  session_id: string,
  event: RecordedEvent & { type: 'SessionForked' },
  at: string,
): SessionRow {
  const { forked_from, current_task } = event.data;
  return {
    ...startedRow(session_id, event, at),
    current_task: current_task === null ? null : text(current_task, 'current_task'),
    forked_from: validId(forked_from, 'forked_from'),
  };
}

function sessionPatch(session_id: string, event: RecordedEvent, at: string): SessionPatch {
  const patch = unchanged(session_id, event, at);
  const changes = patchOf(event);
  return changes === undefined ? patch : { ...patch, ...changes };
}

function unchanged(session_id: string, event: RecordedEvent, at: string): SessionPatch {
  return {
    session_id,
    revision: event.revision,
    last_activity_time: isActivity(event.type) && isSessionEventType(event.type) ? at : null,
    channel: null,
    language: null,
    status: null,
    task_known: false,
    current_task: null,
    tasks_cleared: [],
    agent_known: false,
    ...noAgent,
    inquiries_opened: [],
    inquiries_closed: [],
  };
}

/** Undefined for events not listed here, which change only the revision and the times of the row. */
function patchOf({ type, data }: RecordedEvent): Partial<SessionPatch> | undefined {
  if (type === 'ChannelSwitched') return { channel: channelName(data.channel) };
  if (type === 'PreferenceChanged') {
    return data.name === 'language' && typeof data.value === 'string' ? { language: data.value } : undefined;
  }
  if (type === 'AgentAttached')
    return agent(text(data.instance, 'instance'), text(data.pool, 'pool'), data.epoch);
  if (type === 'AgentDetached') return agent(null, data.pool, data.epoch);
  if (type === 'SessionEnded') return { status: 'ended' };
  if (type === 'SessionExpired') return { status: 'expired' };
  if (type === 'GoalSet' || type === 'GoalResumed') {
    return { task_known: true, current_task: text(data.goal, 'goal') };
  }
  if (type === 'InquiryOpened') return { inquiries_opened: idsOf(data.inquiry_id) };
  if (type === 'InquiryClosed') return { inquiries_closed: idsOf(data.inquiry_id) };
  const over = type === 'GoalSuspended' || type === 'GoalCompleted' || type === 'GoalAbandoned';
  return over ? { tasks_cleared: [text(data.goal, 'goal')] } : undefined;
}

function agent(
  agent_instance: string | null,
  agent_pool: string | null,
  agent_epoch: number,
): Partial<SessionPatch> {
  return { agent_known: true, agent_instance, agent_pool, agent_epoch };
}

/** An id as a list; empty when it is malformed. */
function idsOf(id: unknown): string[] {
  return typeof id === 'string' && isUuid(id) ? [id.toLowerCase()] : [];
}

/** The session's state at the time is added when the changes are merged. */
const unknownContext: TurnContext = {
  channel: null,
  goal_known: false,
  goal: null,
  goals_cleared: [],
  inquiry_id: null,
  inquiries_closed: [],
};

function turnRow(
  session_id: string,
  { data, metadata, revision }: RecordedEvent & { type: 'TurnRecorded' },
  timestamp: string,
  position: bigint | undefined,
): TurnRow {
  const actor: Partial<Actor> | undefined = metadata.actor;
  return {
    ...unknownContext,
    session_id,
    turn_id: validId(data.turn_id, 'turn_id'),
    partner_id: null,
    timestamp,
    ordered_at: timestamp,
    sender: oneOf(senders, data.sender, 'sender'),
    message_text: text(data.message_text, 'message_text'),
    parsed_intent: data.parsed_intent,
    extracted_entities: object(data.extracted_entities, 'extracted_entities'),
    response_text: null,
    response_revision: null,
    intent_confidence: confidence(data.intent_confidence),
    bot_action: textOrNull(data.bot_action),
    message_id: textOrNull(data.message_id),
    actor_role: textOrNull(actor?.role),
    actor_id: textOrNull(actor?.id),
    revision,
    position: position === undefined ? undefined : String(position),
  };
}

export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

function validId(value: unknown, field: string): string {
  const id = text(value, field).toLowerCase();
  if (!isUuid(id)) throw new UnstorableEventError(`${field} is not a UUID`);
  return id;
}

/** Times of the first 28 days of a month in the format of the tables: those need no calendar to be known as valid. */
const plainTime =
  /^(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

function validTime(value: unknown): string {
  if (typeof value === 'string' && plainTime.test(value)) return value;
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at) || at < -62e12 || at > 253e12)
    throw new UnstorableEventError('the time is out of range');
  return new Date(at).toISOString();
}

function text(value: unknown, field: string): string {
  if (typeof value !== 'string') throw new UnstorableEventError(`${field} is not a text`);
  return value;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Rounded to the precision of a `real`, which refuses numbers that are too small for it. */
function confidence(value: unknown): number | null {
  const isOne = typeof value === 'number' && value >= 0 && value <= 1;
  return isOne ? Math.round(value * 1e6) / 1e6 : null;
}

function channelName(value: unknown): string {
  const channel = text(value, 'channel');
  if (channelPattern.test(channel)) return channel;
  throw new UnstorableEventError('channel has another form than a channel');
}

function object(value: unknown, field: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UnstorableEventError(`${field} is not an object`);
  return value as JsonObject;
}

function oneOf<T extends string>(values: readonly T[], value: unknown, field: string): T {
  const found = values.find((item) => item === value);
  if (found === undefined) throw new UnstorableEventError(`${field} has an unknown value`);
  return found;
}
