import type { Context, FieldChange, Json, JsonObject } from '#domain';
import { namesIn, pathOf } from '#domain';
import type { Versioned } from '../common/answers.ts';
import { inquiryRules } from '../inquiries/shown.ts';
import type { Rules } from '../privacy/mask.ts';
import { mask, maskField } from '../privacy/mask.ts';
import type { Answer } from '../privacy/shows.ts';
import type { ContextDiff } from './diff.ts';

type Order = NonNullable<Context['order_tracking']>;

/** A context, with `?explain=1` also `explained`, which holds names of fields and actors but no values. */
type ShownContext = Context & { readonly explained?: JsonObject };

/** The reported status of an order may be any text, for example one that an agent passes on. */
const orderRules: Rules<Order> = {
  order_id: 'plain',
  status: 'masked',
  tracking_id: 'plain',
  updated_at: 'plain',
  status_at: 'plain',
  source: 'plain',
};

export const contextRules: Rules<ShownContext> = {
  session_id: 'plain',
  partner_id: 'plain',
  revision: 'plain',
  identity: { partner_id: 'plain', name: 'masked', region: 'masked', device: 'masked' },
  session: 'plain',
  order_tracking: orderRules,
  orders: { '*': orderRules },
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
    reference: 'masked',
    data: 'masked',
    status: 'masked',
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

export const shownContext: Answer<Versioned> = {
  action: 'read_context',
  mask: ({ body, ...more }) => ({ ...more, body: JSON.stringify(mask(parsed(body), contextRules)) }),
  shown: ({ body }, session_id) => [{ session_id, partner_id: parsed(body).partner_id }],
};

function parsed(body: string): ShownContext {
  return JSON.parse(body) as ShownContext;
}

export const shownDiff: Answer<ContextDiff> = {
  action: 'read_context_diff',
  mask: ({ changes, ...more }) => ({
    ...more,
    changes: changes.map(({ event, ...change }) => ({ ...maskChange(change), event })),
  }),
  shown: ({ session_id, partner_id }) => [{ session_id, partner_id }],
};

function maskChange({ path, before, after }: FieldChange): FieldChange {
  const hide = (value: Json): { names: string[]; value: Json } =>
    maskField(namesIn(path), value, contextRules);
  return {
    path: pathOf(hide(null).names),
    ...(before !== undefined && { before: hide(before).value }),
    ...(after !== undefined && { after: hide(after).value }),
  };
}
