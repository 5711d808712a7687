import type { AgentCommand } from '../agents/commands.ts';
import type { CellCommand } from '../cells/commands.ts';
import type { GoalCommand } from '../goals/commands.ts';
import type { HandoffCommand } from '../handoff/commands.ts';
import type { InquiryCommand } from '../inquiries/commands.ts';
import type { Command } from '../kernel/command.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import type { Inheritance } from '../partner/state.ts';
import type { RecordExternalUpdate } from '../tracking/commands.ts';
import type { Sender } from './sender.ts';
import type { Session } from './session.ts';
import type { SessionState } from './state.ts';

export type StartSession = Command<
  'StartSession',
  {
    partner_id: string;
    channel: string;
    /** Null: the language that the partner used last, else `en`. */
    language: string | null;
    region: string | null;
    name: string | null;
    device: string | null;
    expires_in_s: number;
    /** Fetched before deciding: the decision itself reads nothing. */
    memory: Inheritance | null;
  }
>;
/** Starts a session as a copy of another. Null: the fork expires after as many seconds without activity as the other session. */
export type ForkSession = Command<
  'ForkSession',
  {
    partner_id: string;
    /** Read before deciding, at the requested revision. */
    source: Pick<Session, 'session_id' | 'revision' | 'state'>;
    /** How it is now, whichever revision is wanted. */
    latest: Pick<SessionState['session'], 'status' | 'home'>;
    purpose: string;
    expires_in_s: number | null;
  }
>;
export type SwitchChannel = Command<'SwitchChannel', { channel: string }>;
/** A preference that is null is forgotten. */
export type ChangePreferences = Command<'ChangePreferences', { preferences: JsonObject }>;
export type EndSession = Command<'EndSession', { reason: string | null }>;
export type ExpireSession = Command<'ExpireSession', { now: string }>;
/** Erases a session, whatever its status, and drops its content. A session that was only named can no longer start. */
export type EraseSession = Command<'EraseSession', { partner_id: string; erasure_id: string }>;

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
    /** The bot's reply to a user's turn: a separate turn in the same append. */
    response: { readonly turn_id: string; readonly message_text: string } | null;
  }
>;

export type RaiseFlag = Command<'RaiseFlag', { flag: string; value: Json }>;
export type ClearFlag = Command<'ClearFlag', { flag: string }>;

export type SessionCommand =
  | StartSession
  | ForkSession
  | SwitchChannel
  | ChangePreferences
  | EndSession
  | ExpireSession
  | EraseSession
  | RecordTurn
  | RaiseFlag
  | ClearFlag
  | GoalCommand
  | HandoffCommand
  | RecordExternalUpdate
  | InquiryCommand
  | AgentCommand
  | CellCommand;
