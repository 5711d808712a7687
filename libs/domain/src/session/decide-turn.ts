import type { Accepted } from '../kernel/decision.ts';
import { accept } from '../kernel/decision.ts';
import type { RecordTurn } from './commands.ts';
import type { TurnRecorded } from './events.ts';

/** A user's turn with its reply gives two events in one append, the reply pointing at the turn. */
export function recordTurn(command: RecordTurn): Accepted<TurnRecorded> {
  const { turn_id, message_id, sender, message_text, parsed_intent, intent_confidence, extracted_entities } =
    command;
  const { in_reply_to, bot_action, response } = command;
  const understood = { parsed_intent, intent_confidence, extracted_entities };
  const action = response === null ? bot_action : null;
  const turn: TurnRecorded = {
    type: 'TurnRecorded',
    data: { turn_id, message_id, sender, message_text, ...understood, in_reply_to, bot_action: action },
  };
  if (response === null) return accept(turn);
  const nothing = { parsed_intent: null, intent_confidence: null, extracted_entities: {} };
  const reply: TurnRecorded = {
    type: 'TurnRecorded',
    data: { ...response, message_id: null, sender: 'bot', ...nothing, in_reply_to: turn_id, bot_action },
  };
  return accept(turn, reply);
}
