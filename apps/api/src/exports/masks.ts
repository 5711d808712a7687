import type { ExportMasks } from '#read-models';
import { maskJson } from '../privacy/mask.ts';
import { maskEvent } from '../privacy/mask-event.ts';

const turnRules = {
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
  channel: 'plain',
  intent_confidence: 'plain',
  bot_action: 'plain',
  message_id: 'masked',
  actor_role: 'plain',
  actor_id: 'plain',
  inquiry_id: 'plain',
  goal: 'plain',
} as const;

/** What masked exports show. A column that is not named is masked. */
export const exportMasks: ExportMasks = {
  turn: (row) => maskJson(row, turnRules) as typeof row,
  event: maskEvent,
};
