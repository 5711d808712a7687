import { metadata, recorded } from '../kernel/test-decider.ts';
import type { SessionCommand } from './commands.ts';
import type { RejectionCode } from './decide.ts';
import { decideAll } from './decide-all.ts';
import type { SessionEvent, SessionStarted } from './events.ts';
import type { Session } from './session.ts';
import { evolveSession, newSession } from './session.ts';

/** For specs: given events, when commands, then events or the code of a rejection. */
export const sessionId = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';

/** A session after these events, each in a separate command. */
export function given(...events: readonly SessionEvent[]): Session {
  return events.reduce(
    (session, event, revision) => evolveSession(session, recorded(event, revision)),
    newSession(sessionId),
  );
}

/** A started session after commands that are all accepted. */
export function givenCommands(...commands: readonly SessionCommand[]): Session {
  const events = commands.reduce<readonly SessionEvent[]>(
    (history, command) => {
      const more = when(given(...history), command);
      if (typeof more === 'string') throw new Error(`rejected: ${more}`);
      return [...history, ...more];
    },
    [started],
  );
  return given(...events);
}

/** The outcome of commands on a session: their events as `{ type, data }`, or the code of a rejection. */
export function when(session: Session, ...commands: SessionCommand[]): SessionEvent[] | RejectionCode {
  const next = session.revision + 1;
  const outcome = decideAll(session, commands, {
    metadata: () => metadata(next),
    eventId: (index) => `event-${next + index}`,
  });
  if ('rejection' in outcome) return outcome.rejection.code;
  return outcome.events.map(({ type, data }) => ({ type, data }) as SessionEvent);
}

export const started: SessionStarted = {
  type: 'SessionStarted',
  data: {
    session_id: sessionId,
    partner_id: 'P7689',
    channel: 'whatsapp',
    language: 'hi',
    region: null,
    name: 'Asha',
    device: null,
    expires_in_s: 60,
    preferences: {},
    open_goals: [],
    previous_session_id: null,
  },
};

export const ended: SessionEvent = { type: 'SessionEnded', data: { reason: null } };

/** A user's turn with an intent. */
export function asks(parsed_intent: string | null, extracted_entities = {}): SessionEvent {
  return {
    type: 'TurnRecorded',
    data: {
      turn_id: `turn-${parsed_intent}`,
      message_id: null,
      sender: 'user',
      message_text: `about ${parsed_intent}`,
      parsed_intent,
      intent_confidence: null,
      extracted_entities,
      in_reply_to: null,
      bot_action: null,
    },
  };
}
