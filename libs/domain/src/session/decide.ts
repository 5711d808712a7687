import { decideAgent } from '../agents/decide.ts';
import type { AgentRejection } from '../agents/decide.ts';
import type { CellCommand } from '../cells/commands.ts';
import { isCellCommand } from '../cells/commands.ts';
import { decideMove } from '../cells/decide.ts';
import type { CellRejection } from '../cells/decide.ts';
import { decideGoal } from '../goals/decide.ts';
import type { GoalRejection } from '../goals/decide.ts';
import { decideHandoff } from '../handoff/decide.ts';
import type { HandoffRejection } from '../handoff/decide.ts';
import type { OpenInquiry } from '../inquiries/commands.ts';
import { cancelAll, decideInquiry } from '../inquiries/decide.ts';
import type { InquiryRejection } from '../inquiries/decide.ts';
import type { Accepted, Decision, Rejection } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import { unknownCommand } from '../kernel/unknown.ts';
import type { PrivacyRejection } from '../partner/decide-privacy.ts';
import { decideTracking } from '../tracking/decide.ts';
import type { TrackingRejection } from '../tracking/decide.ts';
import type { EraseSession, ForkSession, SessionCommand, StartSession, SwitchChannel } from './commands.ts';
import { clearFlag, raiseFlag } from './decide-flag.ts';
import type { FlagRejection } from './decide-flag.ts';
import { forkSession, isFork } from './decide-fork.ts';
import type { ForkRejection } from './decide-fork.ts';
import { changePreferences } from './decide-preferences.ts';
import type { PreferenceRejection } from './decide-preferences.ts';
import { recordTurn } from './decide-turn.ts';
import type { TurnRejection } from './decide-turn.ts';
import type { SessionEvent, SessionStarted } from './events.ts';
import type { SessionState } from './state.ts';
import { isStarted } from './state.ts';

export type RejectionCode =
  | 'session_not_found'
  | 'session_exists'
  | 'session_deleted'
  | 'session_over'
  | 'data_too_deep'
  | 'too_many_personal_values'
  | 'foreign_reference'
  | PrivacyRejection
  | ForkRejection
  | FlagRejection
  | PreferenceRejection
  | TurnRejection
  | GoalRejection
  | HandoffRejection
  | InquiryRejection
  | TrackingRejection
  | AgentRejection
  | CellRejection;
/** Why a session's state does not allow a command. */
export type SessionRejection = Rejection<RejectionCode>;
type SessionDecision = Decision<SessionEvent, RejectionCode>;

/** Decides a command on a session in this state: the events to append, or the rejection. Pure. */
export function decide(command: SessionCommand, state: SessionState, sessionId: string): SessionDecision {
  if (isCellCommand(command)) return decideMove(command, state.session.home);
  if (command.type === 'StartSession') {
    if (!isStarted(state)) return accept(started(command, sessionId));
    return reject('session_exists', 'The session exists already; leave session_id out to start another one.');
  }
  if (command.type === 'ForkSession') return forkSession(command, state, sessionId);
  if (command.type === 'EraseSession') return erase(command, state);
  if (!isStarted(state)) return reject('session_not_found', 'There is no such session.');
  return state.session.status === 'active'
    ? decideWhenActive(command, state)
    : decideWhenOver(command, state);
}

type LaterCommand = Exclude<SessionCommand, StartSession | ForkSession | EraseSession | CellCommand>;

/** An ended session still accepts what concerns its past: late replies, acknowledgements, timers. */
function decideWhenOver(command: LaterCommand, state: SessionState): SessionDecision {
  const { type } = command;
  if (type === 'ExpireSession') return accept();
  if (type === 'AnswerInquiry' || type === 'FailInquirySource' || type === 'CloseInquiry')
    return decideInquiry(command, state, state.conversation_flags.handoff);
  if (type === 'DetachAgent' || type === 'AcknowledgeUpdate') return decideAgent(command, state.agent);
  const { status } = state.session;
  const hint = 'start a new one for the same partner, it continues from here.';
  return reject('session_over', `The session is ${status}; ${hint}`);
}

function decideWhenActive(command: LaterCommand, state: SessionState): SessionDecision {
  const { handoff } = state.conversation_flags;
  switch (command.type) {
    case 'SwitchChannel':
      return switchChannel(command, state);
    case 'ChangePreferences':
      return changePreferences(command, state.short_term_memory);
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
      return recordTurn(command, state);
    case 'RaiseFlag':
      return raiseFlag(command, state.conversation_flags);
    case 'ClearFlag':
      return clearFlag(command, state.conversation_flags);
    case 'SetGoal':
    case 'UpdateGoal':
      return decideGoal(command, state.goal_state);
    case 'RequestHandoff':
    case 'AcceptHandoff':
    case 'ReturnHandoff':
      return decideHandoff(command, handoff);
    case 'RecordExternalUpdate':
      return decideTracking(command, state.identity.partner_id);
    case 'OpenInquiry':
      if (isFork(state)) return reject('session_is_fork', 'A fork asks no other system.');
      return isForeign(command, state)
        ? reject('foreign_reference', 'The inquiry is about something that belongs to another partner.')
        : decideInquiry(command, state, handoff);
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
      return unknownCommand(command);
  }
}

function erase({ partner_id, erasure_id }: EraseSession, state: SessionState): SessionDecision {
  if (state.session.status === 'erased') return accept();
  if (isStarted(state) && state.identity.partner_id !== partner_id)
    return reject('session_not_found', 'The partner has no such session.');
  return accept({ type: 'SessionErased', data: { partner_id, erasure_id } });
}

function isForeign({ owners = [] }: OpenInquiry, { identity }: SessionState): boolean {
  return owners.some((owner) => owner !== identity.partner_id);
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
      previous_session_id: memory?.previous_session_id ?? null,
    },
  };
}

function switchChannel({ channel }: SwitchChannel, { session }: SessionState): Accepted<SessionEvent> {
  const previous_channel = session.channel;
  if (channel === previous_channel) return accept();
  return accept({ type: 'ChannelSwitched', data: { channel, previous_channel } });
}
