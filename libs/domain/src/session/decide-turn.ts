import type { Decision, Rejected } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import type { RecordTurn, SessionCommand } from './commands.ts';
import type { TurnRecorded } from './events.ts';
import type { SessionState } from './state.ts';

export type TurnRejection = 'reply_not_to_earlier_turn';

/**
 * A user's turn with its reply produces two events in one append, the reply referring to the turn. A reply to a turn that
 * the state does not know, or no longer knows, is recorded and marked.
 */
export function recordTurn(
  command: RecordTurn,
  { recent_turns }: Pick<SessionState, 'recent_turns'>,
): Decision<TurnRecorded, TurnRejection> {
  const { turn_id, message_id, sender, message_text, parsed_intent, intent_confidence, extracted_entities } =
    command;
  const { in_reply_to, bot_action, response } = command;
  if (in_reply_to !== null && turnIdsOf(command).includes(in_reply_to)) return notEarlier(in_reply_to);
  const isUnresolved = in_reply_to !== null && !recent_turns.some((turn) => turn.turn_id === in_reply_to);
  const understood = { parsed_intent, intent_confidence, extracted_entities };
  const action = response === null ? bot_action : null;
  const turn: TurnRecorded = {
    type: 'TurnRecorded',
    data: {
      turn_id,
      message_id,
      sender,
      message_text,
      ...understood,
      in_reply_to,
      ...(isUnresolved ? { in_reply_to_unresolved: true } : {}),
      bot_action: action,
    },
  };
  if (response === null) return accept(turn);
  const nothing = { parsed_intent: null, intent_confidence: null, extracted_entities: {} };
  const reply: TurnRecorded = {
    type: 'TurnRecorded',
    data: { ...response, message_id: null, sender: 'bot', ...nothing, in_reply_to: turn_id, bot_action },
  };
  return accept(turn, reply);
}

/** Rejects the command at `index` of a request when it replies to a turn of a later one. */
export function checkReply(
  commands: readonly SessionCommand[],
  index: number,
): Rejected<TurnRejection> | undefined {
  const command = commands[index];
  if (command?.type !== 'RecordTurn' || command.in_reply_to === null) return undefined;
  const { in_reply_to } = command;
  const isLater = commands.slice(index + 1).some((item) => turnIdsOf(item).includes(in_reply_to));
  return isLater ? notEarlier(in_reply_to) : undefined;
}

function turnIdsOf(command: SessionCommand): readonly string[] {
  if (command.type !== 'RecordTurn') return [];
  const { turn_id, response } = command;
  return response === null ? [turn_id] : [turn_id, response.turn_id];
}

function notEarlier(turnId: string): Rejected<TurnRejection> {
  return reject(
    'reply_not_to_earlier_turn',
    `Turn ${turnId} cannot be answered before it is recorded: in_reply_to names an earlier turn.`,
  );
}
