import type { AgentEvent } from '../agents/events.ts';
import { agentFieldClasses } from '../agents/events.ts';
import type { CellEvent } from '../cells/events.ts';
import { cellFieldClasses } from '../cells/events.ts';
import type { GoalEvent } from '../goals/events.ts';
import { goalFieldClasses } from '../goals/events.ts';
import type { OpenGoal } from '../goals/state.ts';
import type { HandoffEvent } from '../handoff/events.ts';
import { handoffFieldClasses } from '../handoff/events.ts';
import type { SessionForked } from './fork-events.ts';
import { forkFieldClasses } from './fork-events.ts';
import type { Sender } from './sender.ts';
import type { InquiryEvent } from '../inquiries/events.ts';
import { inquiryFieldClasses } from '../inquiries/events.ts';
import type { Event, FieldClasses, RecordedEvent } from '../kernel/event.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import type { ExternalUpdateRecorded } from '../tracking/events.ts';
import { trackingFieldClasses } from '../tracking/events.ts';

/** The form of a channel's name. Each installation declares its channels. */
export const channelPattern = /^[a-z][a-z0-9_]{0,31}$/;

export type SessionStarted = Event<
  'SessionStarted',
  {
    session_id: string;
    partner_id: string;
    channel: string;
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
export type ChannelSwitched = Event<'ChannelSwitched', { channel: string; previous_channel: string }>;
export type PreferenceChanged = Event<'PreferenceChanged', { name: string; value: Json }>;
export type SessionEnded = Event<'SessionEnded', { reason: string | null }>;
export type SessionExpired = Event<'SessionExpired', { expires_at: string }>;
/** The partner was erased: the session is over, and its content is gone. */
export type SessionErased = Event<'SessionErased', { partner_id: string; erasure_id: string }>;

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
    /** The turn that it answers was not among the session's recent turns. */
    in_reply_to_unresolved?: boolean;
    bot_action: string | null;
  }
>;

export type FlagRaised = Event<'FlagRaised', { flag: string; value: Json }>;
export type FlagCleared = Event<'FlagCleared', { flag: string }>;

/** Every event of a session's stream. */
export type SessionEvent =
  | SessionStarted
  | SessionForked
  | ChannelSwitched
  | PreferenceChanged
  | SessionEnded
  | SessionExpired
  | SessionErased
  | TurnRecorded
  | FlagRaised
  | FlagCleared
  | GoalEvent
  | HandoffEvent
  | ExternalUpdateRecorded
  | InquiryEvent
  | AgentEvent
  | CellEvent;

export type SessionEventType = SessionEvent['type'];

/** An event as recorded in a session's stream. */
export type RecordedSessionEvent<E extends SessionEvent = SessionEvent> = RecordedEvent<E>;

/** The class of every field of every event of a session: no field can be added without choosing one. */
export const fieldClasses: FieldClasses<SessionEvent> = {
  SessionStarted: {
    session_id: 'plain',
    partner_id: 'plain',
    channel: 'plain',
    language: 'plain',
    region: 'sensitive',
    name: 'personal',
    device: 'personal',
    expires_in_s: 'plain',
    preferences: 'personal',
    open_goals: 'personal',
    previous_session_id: 'plain',
  },
  ...forkFieldClasses,
  ChannelSwitched: { channel: 'plain', previous_channel: 'plain' },
  PreferenceChanged: { name: 'plain', value: 'personal' },
  SessionEnded: { reason: 'personal' },
  SessionExpired: { expires_at: 'plain' },
  SessionErased: { partner_id: 'plain', erasure_id: 'plain' },
  TurnRecorded: {
    turn_id: 'plain',
    message_id: 'personal',
    sender: 'plain',
    message_text: 'personal',
    parsed_intent: 'plain',
    intent_confidence: 'plain',
    extracted_entities: 'personal',
    in_reply_to: 'plain',
    in_reply_to_unresolved: 'plain',
    bot_action: 'plain',
  },
  FlagRaised: { flag: 'plain', value: 'personal' },
  FlagCleared: { flag: 'plain' },
  ...goalFieldClasses,
  ...handoffFieldClasses,
  ...trackingFieldClasses,
  ...inquiryFieldClasses,
  ...agentFieldClasses,
  ...cellFieldClasses,
};

/** Whether this version of the code knows an event type. */
export function isSessionEventType(type: string): type is SessionEventType {
  return Object.hasOwn(fieldClasses, type);
}

/** Events that do not count as activity of the conversation: they come from outside, or end it. */
const noActivity: ReadonlySet<SessionEventType> = new Set([
  'ExternalUpdateRecorded',
  'InquiryAnswered',
  'InquiryFailed',
  'InquiryClosed',
  'InquiryCorrected',
  'SessionExpired',
  'SessionEnded',
  'SessionErased',
  'AgentAttached',
  'AgentDetached',
  'UpdateAcknowledged',
  'SessionMoved',
  'SessionArrived',
]);

/** Whether an event counts as activity of the conversation, which moves `expires_at`. */
export function isActivity(type: SessionEventType): boolean {
  return !noActivity.has(type);
}
