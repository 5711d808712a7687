import { evolveAgent } from '../agents/decide.ts';
import type { RecordedEvent, TurnRecorded, ExternalUpdateRecorded, SessionStarted } from './events.ts';
import { isActivity } from './events.ts';
import { evolveInquiries } from '../inquiries/evolve.ts';
import { evolveGoals } from '../goals/evolve.ts';
import type { InquiryEvent } from '../inquiries/events.ts';
import type { ProcessedCommands } from './processed-commands.ts';
import { rememberCommand } from './processed-commands.ts';
import { isPaymentIntent, queryFingerprint, rememberQuery } from '../tracking/repeated-queries.ts';
import type { Json } from '../kernel/json.ts';
import { plusMs } from '../kernel/json.ts';
import { mentionOrder, trackOrder } from '../tracking/order.ts';
import type { ExternalUpdate, SessionState } from './state.ts';
import { externalDataLimit, externalKept, initialState, recentTurnsKept } from './state.ts';

type Flags = SessionState['conversation_flags'];

/** A session at a revision, with its latest commands. Revision -1 is a stream without events. */
export interface Session {
  readonly session_id: string;
  readonly revision: number;
  readonly state: SessionState;
  readonly known: ProcessedCommands;
}

/** The session before its first event. */
export function newSession(sessionId: string): Session {
  return { session_id: sessionId, revision: -1, state: initialState, known: { from: 0, list: [] } };
}

/** The session after one more event of its stream. Events at or below its revision change nothing. */
export function evolveSession(session: Session, event: RecordedEvent): Session {
  if (event.revision <= session.revision) return session;
  return {
    session_id: session.session_id,
    revision: event.revision,
    state: evolve(session.state, event),
    known: rememberCommand(session.known, event),
  };
}

/** The state after an event. An event of a type that this version does not know changes nothing. */
export function evolve(state: SessionState, event: RecordedEvent): SessionState {
  const next = apply(state, event);
  return isActivity(event.type) && next !== state ? touch(next, event.metadata.occurred_at) : next;
}

function apply(state: SessionState, event: RecordedEvent): SessionState {
  switch (event.type) {
    case 'SessionStarted':
      return start(event.data, event.metadata.occurred_at);
    case 'ChannelSwitched':
      return { ...state, session: { ...state.session, channel: event.data.channel } };
    case 'PreferenceChanged':
      return {
        ...state,
        short_term_memory: prefer(state.short_term_memory, event.data.name, event.data.value),
      };
    case 'SessionEnded':
      return { ...state, session: { ...state.session, status: 'ended' } };
    case 'SessionExpired':
      return { ...state, session: { ...state.session, status: 'expired' } };
    case 'TurnRecorded':
      return recordTurn(state, event.data, event.metadata.occurred_at);
    case 'GoalSet':
    case 'GoalAdvanced':
    case 'GoalSuspended':
    case 'GoalResumed':
    case 'GoalCompleted':
    case 'GoalAbandoned':
      return { ...state, goal_state: evolveGoals(state.goal_state, event) };
    case 'FlagRaised':
      return withFlags(state, { [event.data.flag]: event.data.value });
    case 'FlagCleared': {
      const { [event.data.flag]: _cleared, ...rest } = state.conversation_flags;
      return { ...state, conversation_flags: rest as Flags };
    }
    case 'HandoffRequested':
      return withFlags(state, { handoff: 'requested' });
    case 'HandoffAccepted':
      return withFlags(state, { handoff: 'accepted' });
    case 'HandoffReturned':
      return withFlags(state, { handoff: 'none' });
    case 'ExternalUpdateRecorded':
      return recordUpdate(state, event);
    case 'InquiryOpened':
    case 'InquiryAnswered':
    case 'InquiryFailed':
    case 'InquiryClosed':
    case 'InquiryCorrected':
      return inquire(state, event, event.metadata.occurred_at);
    case 'AgentAttached':
    case 'AgentDetached':
    case 'UpdateAcknowledged':
      return evolveAgent(state, event);
    default:
      return unknownEvent(state, event);
  }
}

/** Written by a newer version: passed over. The parameter's type makes a forgotten case a compile error. */
function unknownEvent(state: SessionState, _event: never): SessionState {
  return state;
}

function start(data: SessionStarted['data'], at: string): SessionState {
  const expires_at = plusMs(at, data.expires_in_s * 1000);
  return {
    ...initialState,
    identity: { partner_id: data.partner_id, name: data.name, region: data.region, device: data.device },
    session: {
      status: 'active',
      channel: data.channel,
      start_time: at,
      last_activity_time: at,
      expires_in_s: data.expires_in_s,
      expires_at,
      previous_session_id: data.previous_session_id,
      turn_count: 0,
    },
    goal_state: {
      ...initialState.goal_state,
      stack: data.open_goals.map((goal) => ({ ...goal, status: 'suspended' as const })),
    },
    short_term_memory: {
      ...initialState.short_term_memory,
      preferred_language: data.language,
      preferences: data.preferences,
    },
  };
}

function touch(state: SessionState, at: string): SessionState {
  const expires_at = plusMs(at, state.session.expires_in_s * 1000);
  return { ...state, session: { ...state.session, last_activity_time: at, expires_at } };
}

function prefer(
  memory: SessionState['short_term_memory'],
  name: string,
  value: Json,
): SessionState['short_term_memory'] {
  if (name === 'language')
    return typeof value === 'string' ? { ...memory, preferred_language: value } : memory;
  const { [name]: _old, ...rest } = memory.preferences;
  return { ...memory, preferences: value === null ? rest : { ...rest, [name]: value } };
}

function withFlags(state: SessionState, flags: { readonly [flag: string]: Json }): SessionState {
  return { ...state, conversation_flags: { ...state.conversation_flags, ...flags } };
}

function recordTurn(state: SessionState, turn: TurnRecorded['data'], timestamp: string): SessionState {
  const { turn_id, sender, message_text, parsed_intent } = turn;
  const recent_turns = [
    ...state.recent_turns.slice(1 - recentTurnsKept),
    { turn_id, sender, message_text, parsed_intent, timestamp },
  ];
  const session = { ...state.session, turn_count: state.session.turn_count + 1 };
  const heard = { ...state, recent_turns, session };
  return sender === 'user' ? understandUser(heard, turn, timestamp) : rememberBotAction(heard, turn);
}

function rememberBotAction(state: SessionState, turn: TurnRecorded['data']): SessionState {
  if (turn.bot_action === null) return state;
  return { ...state, short_term_memory: { ...state.short_term_memory, last_bot_action: turn.bot_action } };
}

function understandUser(state: SessionState, turn: TurnRecorded['data'], at: string): SessionState {
  const order_tracking = mentionOrder(state.order_tracking, turn.extracted_entities['order_id'], at);
  if (turn.parsed_intent === null) return { ...state, order_tracking };
  const { queries, times } = rememberQuery(
    state.queries,
    queryFingerprint(turn.parsed_intent, turn.extracted_entities),
  );
  const flags = {
    is_repeat_query: times > 1,
    retry_attempts: times - 1,
    asked_about_payment: state.conversation_flags.asked_about_payment || isPaymentIntent(turn.parsed_intent),
  };
  const short_term_memory = { ...state.short_term_memory, last_user_intent: turn.parsed_intent };
  return withFlags({ ...state, order_tracking, queries, short_term_memory }, flags);
}

function recordUpdate(state: SessionState, event: RecordedEvent<ExternalUpdateRecorded>): SessionState {
  const { system, kind, reference, data } = event.data;
  const timestamp = event.metadata.occurred_at;
  const fits = JSON.stringify(data).length <= externalDataLimit;
  const update: ExternalUpdate = {
    system,
    kind,
    reference,
    data: fits ? data : null,
    revision: event.revision,
    timestamp,
  };
  const others = state.external.filter(
    (item) => item.system !== system || item.kind !== kind || item.reference !== reference,
  );
  const external = [...others.slice(1 - externalKept), update];
  return { ...state, external, order_tracking: trackOrder(state.order_tracking, event.data, timestamp) };
}

/** Awaited as long as an inquiry is open; what the order and logistics systems answer is known of the order at once. */
function inquire(state: SessionState, event: InquiryEvent, at: string): SessionState {
  const memory = evolveInquiries(state, event, at);
  const awaiting = memory.inquiries.open.length > 0;
  const next = { ...state, ...memory, order_tracking: trackInquiry(state, event, at) };
  return awaiting === state.conversation_flags.awaiting_external_data
    ? next
    : withFlags(next, { awaiting_external_data: awaiting });
}

function trackInquiry(state: SessionState, event: InquiryEvent, at: string): SessionState['order_tracking'] {
  const { order_tracking: known, inquiries } = state;
  if (event.type === 'InquiryOpened') return mentionOrder(known, event.data.subject['order_id'], at);
  if (event.type !== 'InquiryAnswered' && event.type !== 'InquiryCorrected') return known;
  const { inquiry_id, source: system, data } = event.data;
  const inquiry = [...inquiries.open, ...inquiries.closed].find((item) => item.inquiry_id === inquiry_id);
  if (inquiry === undefined || data === null) return known;
  if (event.type === 'InquiryCorrected' && !correctsOrder(event.data.cause, inquiry.closed_at, known))
    return known;
  const order = inquiry.subject['order_id'];
  return trackOrder(known, { system, reference: typeof order === 'string' ? order : null, data }, at);
}

/** A late answer counts unless something newer is known since the inquiry ended. */
function correctsOrder(
  cause: 'late' | 'duplicate',
  closedAt: string | null,
  known: SessionState['order_tracking'],
): boolean {
  return cause === 'late' && (known === null || closedAt === null || known.updated_at <= closedAt);
}
