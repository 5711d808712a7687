import { decideAgent } from '../agents/decide.ts';
import type { ChangePreferences, RaiseFlag, RecordTurn, SessionCommand, StartSession } from './commands.ts';
import { setGoal, updateGoal } from '../goals/decide.ts';
import { cancelAll, decideInquiry } from '../inquiries/decide.ts';
import type { Decision } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import type { SessionEvent } from './events.ts';
import type { InquiryCommand } from '../inquiries/commands.ts';
import type { JsonObject } from '../kernel/json.ts';
import { canonicalJson } from '../kernel/json.ts';
import type { Handoff, SessionState } from './state.ts';
import { derivedFlags, isStarted, limits } from './state.ts';

/** What a command does to a session in this state: the events to append, or why it is refused. Pure. */
export function decide(command: SessionCommand, state: SessionState, sessionId: string): Decision {
  if (command.type === 'StartSession') {
    if (!isStarted(state)) return accept(started(command, sessionId));
    return reject('session_exists', 'The session exists already; leave session_id out to start another one.');
  }
  if (!isStarted(state))
    return reject('session_not_found', 'There is no such session; start it with POST /v1/sessions.');
  if (state.session.status !== 'active') return decideWhenOver(command, state);
  return decideWhenActive(command, state);
}

function decideWhenOver(command: SessionCommand, state: SessionState): Decision {
  if (command.type === 'ExpireSession') return accept();
  if (isInquiryReply(command)) return decideInquiry(command, state);
  if (command.type === 'DetachAgent' || command.type === 'AcknowledgeUpdate')
    return decideAgent(command, state);
  const { status } = state.session;
  return reject(
    'session_over',
    `The session is ${status}; start a new one for the same partner, it continues from here.`,
  );
}

function decideWhenActive(command: Exclude<SessionCommand, StartSession>, state: SessionState): Decision {
  switch (command.type) {
    case 'SwitchChannel': {
      const previous_channel = state.session.channel;
      if (command.channel === previous_channel) return accept();
      return accept({ type: 'ChannelSwitched', data: { channel: command.channel, previous_channel } });
    }
    case 'ChangePreferences':
      return changePreferences(command, state);
    case 'EndSession':
      return accept(...cancelAll(state), { type: 'SessionEnded', data: { reason: command.reason } });
    case 'ExpireSession': {
      const { expires_at } = state.session;
      if (command.now < expires_at) return accept();
      return accept(...cancelAll(state), { type: 'SessionExpired', data: { expires_at } });
    }
    case 'RecordTurn':
      return accept(...turns(command));
    case 'SetGoal':
      return setGoal(command, state.goal_state);
    case 'UpdateGoal':
      return updateGoal(command, state.goal_state);
    case 'RaiseFlag':
      return raiseFlag(command, state);
    case 'ClearFlag': {
      const { flag } = command;
      if (derivedFlags.includes(flag)) return derived(flag);
      return Object.hasOwn(state.conversation_flags, flag)
        ? accept({ type: 'FlagCleared', data: { flag } })
        : accept();
    }
    case 'RequestHandoff':
      return handoff(state, ['none'], { type: 'HandoffRequested', data: { reason: command.reason } });
    case 'AcceptHandoff':
      return handoff(state, ['requested'], {
        type: 'HandoffAccepted',
        data: { accepted_by: command.accepted_by },
      });
    case 'ReturnHandoff':
      return handoff(state, ['requested', 'accepted'], {
        type: 'HandoffReturned',
        data: { note: command.note },
      });
    case 'RecordExternalUpdate': {
      const { system, kind, reference, data, source_event_id } = command;
      return accept({
        type: 'ExternalUpdateRecorded',
        data: { system, kind, reference, data, source_event_id },
      });
    }
    case 'OpenInquiry':
    case 'AnswerInquiry':
    case 'FailInquirySource':
    case 'CloseInquiry':
    case 'CancelInquiry':
      return decideInquiry(command, state);
    case 'AttachAgent':
    case 'DetachAgent':
    case 'AcknowledgeUpdate':
      return decideAgent(command, state);
    default:
      return command satisfies never;
  }
}

/** What comes late to a session that is over is recorded, and a timer that comes late finds nothing to do. */
function isInquiryReply(
  command: SessionCommand,
): command is Extract<InquiryCommand, { type: 'AnswerInquiry' | 'FailInquirySource' | 'CloseInquiry' }> {
  const { type } = command;
  return type === 'AnswerInquiry' || type === 'FailInquirySource' || type === 'CloseInquiry';
}

function started(command: StartSession, session_id: string): SessionEvent {
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
function turns(command: RecordTurn): SessionEvent[] {
  const { turn_id, message_id, sender, message_text, parsed_intent, intent_confidence, extracted_entities } =
    command;
  const { in_reply_to, bot_action, response } = command;
  const understood = { parsed_intent, intent_confidence, extracted_entities };
  const action = response === null ? bot_action : null;
  const turn: SessionEvent = {
    type: 'TurnRecorded',
    data: { turn_id, message_id, sender, message_text, ...understood, in_reply_to, bot_action: action },
  };
  if (response === null) return [turn];
  const nothing = { parsed_intent: null, intent_confidence: null, extracted_entities: {} };
  const reply: SessionEvent = {
    type: 'TurnRecorded',
    data: { ...response, message_id: null, sender: 'bot', ...nothing, in_reply_to: turn_id, bot_action },
  };
  return [turn, reply];
}

function changePreferences(command: ChangePreferences, state: SessionState): Decision {
  const { preferred_language, preferences } = state.short_term_memory;
  const now: JsonObject = { ...preferences, language: preferred_language };
  const left = Object.entries({ ...preferences, ...command.preferences, language: null });
  if (left.filter(([, value]) => value !== null).length > limits.preferences) {
    return reject(
      'too_many_preferences',
      `A session holds ${limits.preferences} preferences; set one to null first.`,
    );
  }
  const changed = Object.entries(command.preferences).filter(
    ([name, value]) => canonicalJson(now[name]) !== canonicalJson(value),
  );
  return accept(
    ...changed.map(([name, value]) => ({ type: 'PreferenceChanged', data: { name, value } }) as const),
  );
}

function raiseFlag({ flag, value }: RaiseFlag, state: SessionState): Decision {
  if (derivedFlags.includes(flag)) return derived(flag);
  const flags = state.conversation_flags;
  const known = Object.hasOwn(flags, flag);
  if (!known && Object.keys(flags).length - derivedFlags.length >= limits.flags) {
    return reject('too_many_flags', `A session holds ${limits.flags} flags; clear one first.`);
  }
  const same = known && canonicalJson(flags[flag]) === canonicalJson(value);
  return same ? accept() : accept({ type: 'FlagRaised', data: { flag, value } });
}

function derived(flag: string): Decision {
  return reject('flag_is_derived', `Flag "${flag}" is derived from the conversation and cannot be set.`);
}

function handoff(state: SessionState, allowed: readonly Handoff[], event: SessionEvent): Decision {
  const now = state.conversation_flags.handoff;
  if (allowed.includes(now)) return accept(event);
  return reject(
    'handoff_not_possible',
    `The handoff is "${now}"; this needs it to be ${allowed.join(' or ')}.`,
  );
}
