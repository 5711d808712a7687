import { mentionOrder } from '../tracking/orders.ts';
import { isPaymentIntent } from '../tracking/payment-intent.ts';
import { queryFingerprint, rememberQuery } from '../tracking/repeated-queries.ts';
import type { TurnRecorded } from './events.ts';
import type { SessionState } from './state.ts';
import { recentTurnsKept } from './state.ts';

/** The state after a turn: the recent turns, and what is derived from them. */
export function recordTurn(state: SessionState, turn: TurnRecorded['data'], timestamp: string): SessionState {
  const { turn_id, sender, message_text, parsed_intent } = turn;
  const recent_turns = [
    ...state.recent_turns.slice(1 - recentTurnsKept),
    { turn_id, sender, message_text, parsed_intent, timestamp },
  ];
  const session = { ...state.session, turn_count: state.session.turn_count + 1 };
  const withTurn = { ...state, recent_turns, session };
  return sender === 'user' ? understandUser(withTurn, turn, timestamp) : rememberBotAction(withTurn, turn);
}

function rememberBotAction(state: SessionState, turn: TurnRecorded['data']): SessionState {
  if (turn.bot_action === null) return state;
  return { ...state, short_term_memory: { ...state.short_term_memory, last_bot_action: turn.bot_action } };
}

function understandUser(state: SessionState, turn: TurnRecorded['data'], at: string): SessionState {
  const { orders, order_tracking, order_facts } = mentionOrder(
    state,
    turn.extracted_entities['order_id'],
    at,
  );
  const mentioned = { orders, order_tracking, order_facts };
  if (turn.parsed_intent === null) return { ...state, ...mentioned };
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
  const conversation_flags = { ...state.conversation_flags, ...flags };
  return { ...state, ...mentioned, queries, short_term_memory, conversation_flags };
}
