import type { AgentCommand } from '../agents/commands.ts';
import type { Channel, OpenGoal, Sender } from './events.ts';
import type { InquiryCommand } from '../inquiries/commands.ts';
import type { Json, JsonObject } from '../kernel/json.ts';

/** What is remembered of a partner from one session to the next. */
export interface PartnerMemory {
  readonly session_id: string;
  /** When that session began: an older session never overwrites the memory of a newer one. */
  readonly start_time: string;
  readonly language: string;
  readonly preferences: JsonObject;
  readonly open_goals: readonly OpenGoal[];
}

type Command<Type extends string, Data> = { readonly type: Type } & Readonly<Data>;

export type StartSession = Command<
  'StartSession',
  {
    partner_id: string;
    channel: Channel;
    /** Null: the language that the partner used last, else `en`. */
    language: string | null;
    region: string | null;
    name: string | null;
    device: string | null;
    expires_in_s: number;
    /** Fetched before deciding: the decision itself reads nothing. */
    memory: PartnerMemory | null;
  }
>;
export type SwitchChannel = Command<'SwitchChannel', { channel: Channel }>;
export type ChangePreferences = Command<'ChangePreferences', { preferences: JsonObject }>;
export type EndSession = Command<'EndSession', { reason: string | null }>;
export type ExpireSession = Command<'ExpireSession', { now: string }>;

export type RecordTurn = Command<
  'RecordTurn',
  {
    turn_id: string;
    message_id: string | null;
    sender: Sender;
    message_text: string;
    parsed_intent: string | null;
    intent_confidence: number | null;
    extracted_entities: JsonObject;
    in_reply_to: string | null;
    bot_action: string | null;
    /** The bot's reply to a user's turn: a turn of its own, in the same append. */
    response: { readonly turn_id: string; readonly message_text: string } | null;
  }
>;

export type SetGoal = Command<'SetGoal', { goal: string; step: string | null }>;
export const goalStatuses = ['in_progress', 'suspended', 'completed', 'abandoned'] as const;
export type UpdateGoal = Command<
  'UpdateGoal',
  { goal: string; step: string | null; status: (typeof goalStatuses)[number] | null }
>;

export type RaiseFlag = Command<'RaiseFlag', { flag: string; value: Json }>;
export type ClearFlag = Command<'ClearFlag', { flag: string }>;
export type RequestHandoff = Command<'RequestHandoff', { reason: string | null }>;
export type AcceptHandoff = Command<'AcceptHandoff', { accepted_by: string }>;
export type ReturnHandoff = Command<'ReturnHandoff', { note: string | null }>;

export type RecordExternalUpdate = Command<
  'RecordExternalUpdate',
  { system: string; kind: string; reference: string | null; data: JsonObject; source_event_id: string }
>;

export type SessionCommand =
  | StartSession
  | SwitchChannel
  | ChangePreferences
  | EndSession
  | ExpireSession
  | RecordTurn
  | SetGoal
  | UpdateGoal
  | RaiseFlag
  | ClearFlag
  | RequestHandoff
  | AcceptHandoff
  | ReturnHandoff
  | RecordExternalUpdate
  | InquiryCommand
  | AgentCommand;
