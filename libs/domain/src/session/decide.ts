import { decideAgent } from '../agents/decide.ts';
import type { AgentRejection } from '../agents/decide.ts';
import { decideGoal } from '../goals/decide.ts';
import type { GoalRejection } from '../goals/decide.ts';
import { decideHandoff } from '../handoff/decide.ts';
import type { HandoffRejection } from '../handoff/decide.ts';
import { cancelAll, decideInquiry } from '../inquiries/decide.ts';
import type { InquiryRejection } from '../inquiries/decide.ts';
import type { Accepted, Decision, Rejected, Rejection } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import type { JsonObject } from '../kernel/json.ts';
import { canonicalJson } from '../kernel/json.ts';
import { decideTracking } from '../tracking/decide.ts';
import type {
  ChangePreferences,
  ClearFlag,
  RaiseFlag,
  RecordTurn,
  SessionCommand,
  StartSession,
  SwitchChannel,
} from './commands.ts';
import type {
  FlagCleared,
  FlagRaised,
  PreferenceChanged,
  SessionEvent,
  SessionStarted,
  TurnRecorded,
} from './events.ts';
import type { SessionState } from './state.ts';
import { derivedFlags, isStarted, limits } from './state.ts';

export type RejectionCode =
  | 'session_not_found'
  | 'session_exists'
  | 'session_over'
  | 'flag_is_derived'
  | 'too_many_flags'
  | 'too_many_preferences'
  | GoalRejection
  | HandoffRejection
  | InquiryRejection
  | AgentRejection;
/** Why a session's state does not allow a command. */
export type SessionRejection = Rejection<RejectionCode>;
export type SessionDecision = Decision<SessionEvent, RejectionCode>;

/** What a command does to a session in this state: the events to append, or why it is rejected. Pure. */
export function decide(command: SessionCommand, state: SessionState, sessionId: string): SessionDecision {
  if (command.type === 'StartSession') {
    if (!isStarted(state)) return accept(started(command, sessionId));
    return reject('session_exists', 'The session exists already; leave session_id out to start another one.');
  }
  if (!isStarted(state)) return reject('session_not_found', 'There is no such session.');
  return state.session.status === 'active'
    ? decideWhenActive(command, state)
    : decideWhenOver(command, state);
}

/** A session that is over takes what belongs to its past: late replies, acknowledgements, timers that come late. */
function decideWhenOver(command: SessionCommand, state: SessionState): SessionDecision {
  switch (command.type) {
    case 'ExpireSession':
      return accept();
    case 'AnswerInquiry':
    case 'FailInquirySource':
    case 'CloseInquiry':
      return decideInquiry(command, state, state.conversation_flags.handoff);
    case 'DetachAgent':
    case 'AcknowledgeUpdate':
      return decideAgent(command, state.agent);
    default: {
      const { status } = state.session;
      const hint = 'start a new one for the same partner, it continues from here.';
      return reject('session_over', `The session is ${status}; ${hint}`);
    }
  }
}

function decideWhenActive(
  command: Exclude<SessionCommand, StartSession>,
  state: SessionState,
): SessionDecision {
  const { handoff } = state.conversation_flags;
  switch (command.type) {
    case 'SwitchChannel':
      return switchChannel(command, state);
    case 'ChangePreferences':
      return changePreferences(command, state);
    case 'EndSession':
      return accept<SessionEvent>(...cancelAll(state, handoff), {
        type: 'SessionEnded',
        data: { reason: command.reason },
      });
    case 'ExpireSession': {
      const { expires_at } = state.session;
      if (command.now < expires_at) return accept();
      return accept<SessionEvent>(...cancelAll(state, handoff), {
        type: 'SessionExpired',
        data: { expires_at },
      });
    }
    case 'RecordTurn':
      return accept(...turns(command));
    case 'RaiseFlag':
      return raiseFlag(command, state);
    case 'ClearFlag':
      return clearFlag(command, state);
    case 'SetGoal':
    case 'UpdateGoal':
      return decideGoal(command, state.goal_state);
    case 'RequestHandoff':
    case 'AcceptHandoff':
    case 'ReturnHandoff':
      return decideHandoff(command, handoff);
    case 'RecordExternalUpdate':
      return decideTracking(command);
    case 'OpenInquiry':
    case 'AnswerInquiry':
    case 'FailInquirySource':
    case 'CloseInquiry':
    case 'CancelInquiry':
      return decideInquiry(command, state, handoff);
    case 'AttachAgent':
    case 'DetachAgent':
    case 'AcknowledgeUpdate':
      return decideAgent(command, state.agent);
    default:
      return command satisfies never;
  }
}

function started(command: StartSession, session_id: string): SessionStarted {
  const { partner_id, channel, region, name, device, expires_in_s, memory } = command;
  return {
    type: 'SessionStarted',
    data: {
      session_id,
      partner_id,
      channel,
      language: command.language ?? memory?.language ?? 'en',
      region,
      name,
      device,
      expires_in_s,
      preferences: memory?.preferences ?? {},
      open_goals: memory?.open_goals ?? [],
      previous_session_id: memory?.session_id ?? null,
    },
  };
}

/** A user's turn with its reply gives two events in one append, the reply pointing at the turn. */
function turns(command: RecordTurn): TurnRecorded[] {
  const { turn_id, message_id, sender, message_text, parsed_intent, intent_confidence, extracted_entities } =
    command;
  const { in_reply_to, bot_action, response } = command;
  const understood = { parsed_intent, intent_confidence, extracted_entities };
  const action = response === null ? bot_action : null;
  const turn: TurnRecorded = {
    type: 'TurnRecorded',
    data: { turn_id, message_id, sender, message_text, ...understood, in_reply_to, bot_action: action },
  };
  if (response === null) return [turn];
  const nothing = { parsed_intent: null, intent_confidence: null, extracted_entities: {} };
  const reply: TurnRecorded = {
    type: 'TurnRecorded',
    data: { ...response, message_id: null, sender: 'bot', ...nothing, in_reply_to: turn_id, bot_action },
  };
  return [turn, reply];
}

function switchChannel({ channel }: SwitchChannel, { session }: SessionState): Accepted<SessionEvent> {
  const previous_channel = session.channel;
  if (channel === previous_channel) return accept();
  return accept({ type: 'ChannelSwitched', data: { channel, previous_channel } });
}

function changePreferences(
  command: ChangePreferences,
  state: SessionState,
): Decision<PreferenceChanged, 'too_many_preferences'> {
  const { preferred_language, preferences } = state.short_term_memory;
  const now: JsonObject = { ...preferences, language: preferred_language };
  const kept = Object.entries({ ...preferences, ...command.preferences, language: null });
  if (kept.filter(([, value]) => value !== null).length > limits.preferences) {
    return reject(
      'too_many_preferences',
      `A session holds ${limits.preferences} preferences; set one to null first.`,
    );
  }
  const changed = Object.entries(command.preferences).filter(
    ([name, value]) => canonicalJson(now[name]) !== canonicalJson(value),
  );
  return accept(
    ...changed.map(([name, value]): PreferenceChanged => ({
      type: 'PreferenceChanged',
      data: { name, value },
    })),
  );
}

function raiseFlag(
  { flag, value }: RaiseFlag,
  { conversation_flags: flags }: SessionState,
): Decision<FlagRaised, 'flag_is_derived' | 'too_many_flags'> {
  if (derivedFlags.includes(flag)) return derived(flag);
  const known = Object.hasOwn(flags, flag);
  if (!known && Object.keys(flags).length - derivedFlags.length >= limits.flags) {
    return reject('too_many_flags', `A session holds ${limits.flags} flags; clear one first.`);
  }
  const same = known && canonicalJson(flags[flag]) === canonicalJson(value);
  return same ? accept() : accept({ type: 'FlagRaised', data: { flag, value } });
}

function clearFlag(
  { flag }: ClearFlag,
  { conversation_flags: flags }: SessionState,
): Decision<FlagCleared, 'flag_is_derived'> {
  if (derivedFlags.includes(flag)) return derived(flag);
  return Object.hasOwn(flags, flag) ? accept({ type: 'FlagCleared', data: { flag } }) : accept();
}

function derived(flag: string): Rejected<'flag_is_derived'> {
  return reject('flag_is_derived', `Flag "${flag}" is derived from the conversation and cannot be set.`);
}
