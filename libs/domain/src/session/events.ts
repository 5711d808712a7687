import type { AgentEvent } from '../agents/events.ts';
import type { InquiryEvent } from '../inquiries/events.ts';
import type { Json, JsonObject } from '../kernel/json.ts';

export const channels = ['whatsapp', 'ivr', 'mobile_app'] as const;
export type Channel = (typeof channels)[number];

export const senders = ['user', 'bot'] as const;
export type Sender = (typeof senders)[number];

/** A goal that is not the current one any more but may return. */
export interface OpenGoal {
  readonly goal: string;
  readonly step: string | null;
}

type Event<Type extends string, Data> = { readonly type: Type; readonly data: Readonly<Data> };

export type SessionStarted = Event<
  'SessionStarted',
  {
    session_id: string;
    partner_id: string;
    channel: Channel;
    language: string;
    region: string | null;
    name: string | null;
    device: string | null;
    expires_in_s: number;
    preferences: JsonObject;
    open_goals: readonly OpenGoal[];
    previous_session_id: string | null;
  }
>;
export type ChannelSwitched = Event<'ChannelSwitched', { channel: Channel; previous_channel: Channel }>;
export type PreferenceChanged = Event<'PreferenceChanged', { name: string; value: Json }>;
export type SessionEnded = Event<'SessionEnded', { reason: string | null }>;
export type SessionExpired = Event<'SessionExpired', { expires_at: string }>;

export type TurnRecorded = Event<
  'TurnRecorded',
  {
    turn_id: string;
    /** The channel's own id of the message. */
    message_id: string | null;
    sender: Sender;
    message_text: string;
    parsed_intent: string | null;
    intent_confidence: number | null;
    extracted_entities: JsonObject;
    in_reply_to: string | null;
    bot_action: string | null;
  }
>;

export type GoalSet = Event<'GoalSet', { goal: string; step: string | null }>;
export type GoalAdvanced = Event<'GoalAdvanced', { goal: string; step: string | null }>;
export type GoalSuspended = Event<'GoalSuspended', { goal: string }>;
export type GoalResumed = Event<'GoalResumed', { goal: string }>;
export type GoalCompleted = Event<'GoalCompleted', { goal: string }>;
export type GoalAbandoned = Event<'GoalAbandoned', { goal: string }>;

export type FlagRaised = Event<'FlagRaised', { flag: string; value: Json }>;
export type FlagCleared = Event<'FlagCleared', { flag: string }>;
export type HandoffRequested = Event<'HandoffRequested', { reason: string | null }>;
export type HandoffAccepted = Event<'HandoffAccepted', { accepted_by: string }>;
export type HandoffReturned = Event<'HandoffReturned', { note: string | null }>;

export type ExternalUpdateRecorded = Event<
  'ExternalUpdateRecorded',
  { system: string; kind: string; reference: string | null; data: JsonObject; source_event_id: string }
>;

export type SessionEvent =
  | SessionStarted
  | ChannelSwitched
  | PreferenceChanged
  | SessionEnded
  | SessionExpired
  | TurnRecorded
  | GoalSet
  | GoalAdvanced
  | GoalSuspended
  | GoalResumed
  | GoalCompleted
  | GoalAbandoned
  | FlagRaised
  | FlagCleared
  | HandoffRequested
  | HandoffAccepted
  | HandoffReturned
  | ExternalUpdateRecorded
  | InquiryEvent
  | AgentEvent;

export type SessionEventType = SessionEvent['type'];

export const actorRoles = ['agent', 'human', 'system'] as const;
export interface Actor {
  readonly role: (typeof actorRoles)[number];
  readonly id: string;
}

/** What stands beside every event. `command_id` and `command_hash` make a repeated command recognisable. */
export interface EventMetadata {
  readonly schema_version: number;
  readonly occurred_at: string;
  readonly actor: Actor;
  readonly $correlationId: string;
  readonly $causationId?: string;
  readonly traceparent?: string;
  readonly command_id?: string;
  readonly command_hash?: string;
  /** The epoch under which the agent instance held the session that sent the command. */
  readonly agent_epoch?: number;
}

/** An event as it stands in its stream. */
export type RecordedEvent<E extends { type: string } = SessionEvent> = E & {
  readonly event_id: string;
  readonly revision: number;
  readonly metadata: EventMetadata;
};

/**
 * Declares which fields of an event's data are personal, by event type. Nothing is encrypted yet. Every event type has
 * its line, so a new event cannot be added without deciding.
 */
export const personalFields: { readonly [Type in SessionEventType]: readonly string[] } = {
  SessionStarted: ['name', 'device', 'region', 'preferences'],
  ChannelSwitched: [],
  PreferenceChanged: ['value'],
  SessionEnded: [],
  SessionExpired: [],
  TurnRecorded: ['message_text', 'extracted_entities'],
  GoalSet: [],
  GoalAdvanced: [],
  GoalSuspended: [],
  GoalResumed: [],
  GoalCompleted: [],
  GoalAbandoned: [],
  FlagRaised: ['value'],
  FlagCleared: [],
  HandoffRequested: ['reason'],
  HandoffAccepted: [],
  HandoffReturned: ['note'],
  ExternalUpdateRecorded: ['reference', 'data'],
  InquiryOpened: [],
  InquiryAnswered: ['data'],
  InquiryFailed: ['reason'],
  InquiryClosed: ['answer'],
  InquiryCorrected: ['data', 'reason'],
  AgentAttached: [],
  AgentDetached: [],
  UpdateAcknowledged: [],
};

/** Whether this version of the code knows an event type. */
export function isSessionEventType(type: string): type is SessionEventType {
  return Object.hasOwn(personalFields, type);
}

/** The events that do not count as activity of the conversation, since they come from outside or end it. */
const noActivity: ReadonlySet<SessionEventType> = new Set([
  'ExternalUpdateRecorded',
  'InquiryAnswered',
  'InquiryFailed',
  'InquiryClosed',
  'InquiryCorrected',
  'SessionExpired',
  'SessionEnded',
  'AgentAttached',
  'AgentDetached',
  'UpdateAcknowledged',
]);

/** Whether an event counts as activity of the conversation, which moves `expires_at`. News from outside does not. */
export function isActivity(type: SessionEventType): boolean {
  return !noActivity.has(type);
}
