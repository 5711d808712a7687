import type { PartnerEvent, SessionEvent, SessionEventType } from '#domain';
import { initialState } from '#domain';

type Event<Type extends SessionEventType> = Extract<SessionEvent, { readonly type: Type }>;

/** For specs: the value of every personal field of the events below, found nowhere else. */
export const canary = 'CANARY';
const secret = { secret: canary };
const request = { source: 'orders', attempt: 1, request: secret };

const { agent: _agent, ...forkedState } = initialState;

/** For specs: an event of every type of a session, with a canary in every personal field. */
export const personalEvents: { readonly [Type in SessionEventType]: Event<Type>['data'] } = {
  SessionStarted: {
    session_id: '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10',
    partner_id: 'P7689',
    channel: 'whatsapp',
    language: 'hi',
    region: canary,
    name: canary,
    device: canary,
    expires_in_s: 3_600,
    preferences: secret,
    open_goals: [{ goal: 'pay', step: canary }],
    previous_session_id: null,
  },
  SessionForked: {
    session_id: '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f12',
    partner_id: 'P7689',
    forked_from: '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10',
    at_revision: 3,
    purpose: 'what_if',
    channel: 'whatsapp',
    language: 'hi',
    current_task: 'pay',
    expires_in_s: 3_600,
    previous_session_id: null,
    state: {
      ...forkedState,
      identity: { ...forkedState.identity, name: canary },
      short_term_memory: { ...forkedState.short_term_memory, preferences: secret },
    },
  },
  ChannelSwitched: { channel: 'ivr', previous_channel: 'whatsapp' },
  PreferenceChanged: { name: 'call_back', value: canary },
  SessionEnded: { reason: canary },
  SessionMoved: { move_id: '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f13', from: 'a', to: 'b' },
  SessionArrived: { move_id: '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f13', cell: 'b' },
  SessionExpired: { expires_at: '2026-11-24T08:00:00.000Z' },
  SessionErased: { partner_id: 'P7689', erasure_id: '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f11' },
  TurnRecorded: {
    turn_id: '1b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10',
    message_id: canary,
    sender: 'user',
    message_text: canary,
    parsed_intent: 'ask',
    intent_confidence: 0.5,
    extracted_entities: { order_id: canary },
    in_reply_to: null,
    bot_action: null,
  },
  FlagRaised: { flag: 'vip', value: canary },
  FlagCleared: { flag: 'vip' },
  GoalSet: { goal: 'pay', step: canary },
  GoalAdvanced: { goal: 'pay', step: canary },
  GoalSuspended: { goal: 'pay' },
  GoalResumed: { goal: 'pay' },
  GoalCompleted: { goal: 'pay' },
  GoalAbandoned: { goal: 'pay' },
  HandoffRequested: { reason: canary },
  HandoffAccepted: { accepted_by: canary },
  HandoffReturned: { note: canary },
  ExternalUpdateRecorded: {
    system: 'orders',
    kind: 'order_updated',
    reference: canary,
    data: { order_id: canary, status: canary },
    source_event_id: 'e-1',
    references: { order: canary },
    status: canary,
  },
  InquiryOpened: {
    inquiry_id: '2b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10',
    kind: 'order_status',
    subject: { order_id: canary },
    sources: [{ source: 'orders', after: [], required: true }],
    deadline: '2026-11-24T08:00:05.000Z',
    requests: [request],
  },
  InquiryAnswered: {
    inquiry_id: '2b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10',
    source: 'orders',
    attempt: 1,
    data: secret,
    reply_id: 'r-1',
    requests: [request],
    skipped: [],
  },
  InquiryFailed: {
    inquiry_id: '2b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10',
    source: 'orders',
    attempt: 1,
    reason: canary,
    reply_id: 'r-2',
    retry: { at: '2026-11-24T08:00:01.000Z', request },
  },
  InquiryClosed: {
    inquiry_id: '2b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10',
    kind: 'order_status',
    outcome: 'partial',
    cause: 'settled',
    answer: secret,
    unanswered: [],
  },
  InquiryCorrected: {
    inquiry_id: '2b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10',
    source: 'orders',
    cause: 'late',
    data: secret,
    reason: canary,
    reply_id: 'r-3',
  },
  AgentAttached: { instance: 'a', epoch: 1, pool: 'p', node: 'n', after: null, reason: 'requested' },
  AgentDetached: { instance: 'a', epoch: 1, reason: 'requested', pool: 'p' },
  UpdateAcknowledged: { instance: 'a', epoch: 1, up_to: 0, updates: [{ revision: 0, latency_ms: 1 }] },
};

/** For specs: an event of a partner's stream, with canaries. */
export const personalPartner: PartnerEvent = {
  type: 'PartnerRemembered',
  data: {
    partner_id: 'P7689',
    last_session_id: '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10',
    memory: { language: 'hi', preferences: secret, open_goals: [] },
    sessions: [],
  },
};

/** For specs: the session of these events, its partner, and the metadata of each before it is sealed. */
export const personalStream = 'session-0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';
export const personalPartnerId = 'P7689';
export const personalTypes = Object.keys(personalEvents) as SessionEventType[];
export const personalMetadata = {
  schema_version: 1,
  occurred_at: '2026-11-24T08:00:00.000Z',
  actor: { role: 'agent', id: 'bot' },
  $correlationId: 'c-1',
};
