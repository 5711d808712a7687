import type { Context, Inquiry, InquiryStep, JsonObject } from '#domain';
import type { AnyRules, Rules } from './mask.ts';
import { maskJson } from './mask.ts';
import { rulesOfEvent } from './personal-fields.ts';
import type { TurnRowDto } from '../history/dto.ts';

export const turnRules: Rules<TurnRowDto> = {
  turn_id: 'plain',
  session_id: 'plain',
  partner_id: 'plain',
  timestamp: 'plain',
  sender: 'plain',
  message_text: 'masked',
  parsed_intent: 'plain',
  extracted_entities: 'masked',
  response_text: 'masked',
  revision: 'plain',
};

/** References to orders, payouts and shipments are plain; what was said about them is not. */
export const inquiryRules: Rules<Inquiry> = {
  inquiry_id: 'plain',
  kind: 'plain',
  subject: 'masked',
  about: 'plain',
  status: 'plain',
  opened_at: 'plain',
  deadline: 'plain',
  closed_at: 'plain',
  sources: {
    '*': {
      status: 'plain',
      required: 'plain',
      after: 'plain',
      attempt: 'plain',
      asked_at: 'plain',
      settled_at: 'plain',
      latency_ms: 'plain',
      reason: 'masked',
      said_no: 'plain',
      data: 'masked',
    },
  },
  answer: 'masked',
  corrections: 'plain',
  correlation_id: 'plain',
  traceparent: 'plain',
};

export const stepRules: Rules<InquiryStep> = {
  step: 'plain',
  at: 'plain',
  revision: 'plain',
  source: 'plain',
  attempt: 'plain',
  reason: 'masked',
  cause: 'plain',
  outcome: 'plain',
  occurred_at_source: 'plain',
  source_traceparent: 'plain',
};

/** A context, with `?explain=1` also `explained`, which names fields and who set them, no values. */
export type ShownContext = Context & { readonly explained?: JsonObject };

export const contextRules: Rules<ShownContext> = {
  session_id: 'plain',
  partner_id: 'plain',
  revision: 'plain',
  identity: { partner_id: 'plain', name: 'masked', region: 'masked', device: 'masked' },
  session: 'plain',
  order_tracking: 'plain',
  orders: 'plain',
  goal_state: {
    current_goal: 'plain',
    step: 'masked',
    status: 'plain',
    stack: { goal: 'plain', step: 'masked', status: 'plain' },
  },
  conversation_flags: {
    is_repeat_query: 'plain',
    asked_about_payment: 'plain',
    awaiting_external_data: 'plain',
    retry_attempts: 'plain',
    handoff: 'plain',
    '*': 'masked',
  },
  short_term_memory: {
    preferred_language: 'plain',
    preferences: { '*': 'masked' },
    last_user_intent: 'plain',
    last_bot_action: 'plain',
    recent_turns: {
      turn_id: 'plain',
      sender: 'plain',
      message_text: 'masked',
      parsed_intent: 'plain',
      timestamp: 'plain',
    },
  },
  external: {
    system: 'plain',
    kind: 'plain',
    reference: 'plain',
    data: 'masked',
    status: 'plain',
    public_text: 'plain',
    before_session: 'plain',
    occurred_at_source: 'plain',
    source_event_id: 'plain',
    revision: 'plain',
    timestamp: 'plain',
  },
  inquiries: { open: inquiryRules, closed: inquiryRules },
  explained: 'plain',
};

/** Ids of commands hold those of messages, which may hold a phone number. */
const metadataRules: AnyRules = {
  command_id: 'masked',
  command_aliases: 'masked',
  command_hash: 'masked',
  tokens: 'masked',
  '*': 'plain',
};

/** An event as an answer shows it: with its metadata or without. */
interface ShownEvent {
  readonly type: string;
  readonly data: object;
  readonly metadata?: object;
}

export function maskEvent<E extends ShownEvent>(event: E): E {
  const { type, data, metadata } = event;
  const shown = { ...event, data: maskJson(data as JsonObject, rulesOfEvent(type)) };
  return metadata === undefined
    ? shown
    : { ...shown, metadata: maskJson(metadata as JsonObject, metadataRules) };
}
