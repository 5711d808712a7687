import { evolveAgent } from '../agents/evolve.ts';
import { evolveHome } from '../cells/evolve.ts';
import type { Home } from '../cells/home.ts';
import { evolveGoals } from '../goals/evolve.ts';
import { noGoals } from '../goals/state.ts';
import { evolveHandoff } from '../handoff/evolve.ts';
import type { InquiryEvent } from '../inquiries/events.ts';
import { evolveInquiries } from '../inquiries/evolve.ts';
import { trackInquiry } from '../inquiries/track-order.ts';
import type { EventMetadata } from '../kernel/event.ts';
import type { Json } from '../kernel/json.ts';
import { later, plusMs } from '../kernel/time.ts';
import { unknownEvent } from '../kernel/unknown.ts';
import { evolveTracking } from '../tracking/evolve.ts';
import type { RecordedSessionEvent, SessionStarted } from './events.ts';
import { isActivity } from './events.ts';
import { fork } from './evolve-fork.ts';
import { recordTurn } from './evolve-turn.ts';
import type { SessionState } from './state.ts';
import { initialState, isStarted } from './state.ts';

type Flags = SessionState['conversation_flags'];

/** The state after an event. An event of an unknown type changes nothing. */
export function evolve(state: SessionState, event: RecordedSessionEvent): SessionState {
  const next = apply(state, event);
  return isActivity(event.type) && next !== state ? touch(next, event.metadata.occurred_at) : next;
}

function apply(state: SessionState, event: RecordedSessionEvent): SessionState {
  switch (event.type) {
    case 'SessionStarted':
      return start(event.data, event.metadata, state.session.home);
    case 'SessionForked':
      return fork(event.data, event.metadata);
    case 'ChannelSwitched':
      return { ...state, session: { ...state.session, channel: event.data.channel } };
    case 'PreferenceChanged': {
      const { name, value } = event.data;
      return { ...state, short_term_memory: prefer(state.short_term_memory, name, value) };
    }
    case 'SessionEnded':
      return { ...state, session: { ...state.session, status: 'ended' } };
    case 'SessionExpired':
      return { ...state, session: { ...state.session, status: 'expired' } };
    case 'SessionErased':
      return erase(state, event.data.partner_id, event.metadata.occurred_at);
    case 'TurnRecorded':
      return recordTurn(state, event.data, event.metadata.occurred_at);
    case 'FlagRaised':
      return withFlags(state, { [event.data.flag]: event.data.value });
    case 'FlagCleared': {
      const { [event.data.flag]: _cleared, ...rest } = state.conversation_flags;
      return { ...state, conversation_flags: rest as Flags };
    }
    case 'GoalSet':
    case 'GoalAdvanced':
    case 'GoalSuspended':
    case 'GoalResumed':
    case 'GoalCompleted':
    case 'GoalAbandoned':
      return { ...state, goal_state: evolveGoals(state.goal_state, event) };
    case 'HandoffRequested':
    case 'HandoffAccepted':
    case 'HandoffReturned':
      return withFlags(state, { handoff: evolveHandoff(state.conversation_flags.handoff, event) });
    case 'ExternalUpdateRecorded':
      return { ...state, ...evolveTracking(state, event, state.identity.partner_id) };
    case 'InquiryOpened':
    case 'InquiryAnswered':
    case 'InquiryFailed':
    case 'InquiryClosed':
    case 'InquiryCorrected':
      return inquire(state, event);
    case 'AgentAttached':
    case 'AgentDetached':
    case 'UpdateAcknowledged':
      return isStarted(state) ? { ...state, agent: evolveAgent(state.agent, event) } : state;
    case 'SessionMoved':
    case 'SessionArrived':
      return { ...state, session: { ...state.session, home: evolveHome(event) } };
    default:
      return unknownEvent(state, event);
  }
}

function start(
  data: SessionStarted['data'],
  { occurred_at: at, cell }: Pick<EventMetadata, 'occurred_at' | 'cell'>,
  before: Home | undefined,
): SessionState {
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
      ...(cell === undefined ? {} : { home: { ...before, cell } }),
    },
    goal_state: {
      ...noGoals,
      stack: data.open_goals.map((goal) => ({ ...goal, status: 'suspended' as const })),
    },
    short_term_memory: {
      ...initialState.short_term_memory,
      preferred_language: data.language,
      preferences: data.preferences,
    },
  };
}

/** Keeps what does not describe the person: times, the number of turns, who serves the session. */
function erase({ session, agent }: SessionState, partner_id: string, at: string): SessionState {
  return {
    ...initialState,
    identity: { ...initialState.identity, partner_id },
    session: { ...session, status: 'erased', start_time: session.start_time || at },
    agent,
  };
}

/** Activity extends the session's expiry, only forward, since the clocks of nodes differ. */
function touch(state: SessionState, at: string): SessionState {
  const last_activity_time = later(state.session.last_activity_time, at);
  const expires_at = plusMs(last_activity_time, state.session.expires_in_s * 1000);
  return { ...state, session: { ...state.session, last_activity_time, expires_at } };
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

/** Data is awaited while an inquiry is open; answers of the order and logistics systems update the orders. */
function inquire(state: SessionState, event: RecordedSessionEvent<InquiryEvent>): SessionState {
  const { orders, order_tracking, order_facts } = trackInquiry(state, state, event);
  const next = { ...state, ...evolveInquiries(state, event), orders, order_tracking, order_facts };
  const awaiting_external_data = next.inquiries.open.length > 0;
  return awaiting_external_data === state.conversation_flags.awaiting_external_data
    ? next
    : withFlags(next, { awaiting_external_data });
}
