import type { Page } from '#read-models';
import type { Rules } from '../privacy/mask.ts';
import { mask } from '../privacy/mask.ts';
import { maskEvent } from '../privacy/mask-event.ts';
import { ownerIn } from '../privacy/reads.ts';
import type { Answer } from '../privacy/shows.ts';
import { EventReplay } from '../replay/event-replay.ts';
import type { TurnRowDto } from './dto.ts';
import type { EventsPageDto } from './events.dto.ts';

export const turnRules = {
  turn_id: 'plain',
  session_id: 'plain',
  partner_id: 'plain',
  timestamp: 'plain',
  sender: 'plain',
  message_text: 'masked',
  parsed_intent: 'plain',
  extracted_entities: 'masked',
  response_text: 'masked',
  forked_from: 'plain',
  revision: 'plain',
  channel: 'plain',
  intent_confidence: 'plain',
  bot_action: 'plain',
  goal: 'plain',
  inquiry_id: 'plain',
  actor_role: 'plain',
  actor_id: 'plain',
} as const satisfies Rules<TurnRowDto>;

/** A page of events, or a stream of them. */
export const shownEvents: Answer<EventsPageDto | EventReplay> = {
  action: 'read_events',
  mask: (answer) =>
    answer instanceof EventReplay
      ? answer.masked()
      : { ...answer, events: answer.events.map((event) => maskEvent(event)) },
  shown: (answer, session_id) => {
    if (answer instanceof EventReplay) return [{ session_id }];
    const { events } = answer;
    const partner_id = events.map(ownerIn).find((id) => id !== undefined);
    return events.length === 0 ? [] : [{ session_id, partner_id }];
  },
};

export const shownTurns: Answer<Page<TurnRowDto>> = {
  action: 'read_turns',
  mask: ({ items, ...more }) => ({ ...more, items: items.map((item) => mask(item, turnRules)) }),
  shown: ({ items }) => [...new Map(items.map((item) => [item.session_id, item])).values()],
};
