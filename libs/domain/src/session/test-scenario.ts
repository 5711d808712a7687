import type { SessionCommand } from './commands.ts';
import type { Rejection } from '../kernel/decision.ts';
import type { EventMetadata, SessionEvent } from './events.ts';
import type { Session } from './evolve.ts';
import { evolveSession, newSession } from './evolve.ts';
import { decideAll } from './decide-all.ts';

/** For specs: sessions told as given events, when commands, then events or a refusal. */
export const sessionId = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';

const startTime = Date.parse('2026-11-24T08:00:00.000Z');

/** The n-th event of a scenario happens n seconds after its start. */
export function timeOf(revision: number): string {
  return new Date(startTime + revision * 1000).toISOString();
}

export function metadata(revision: number, command = `key:${revision}`): EventMetadata {
  return {
    schema_version: 1,
    occurred_at: timeOf(revision),
    actor: { role: 'agent', id: 'spec' },
    $correlationId: 'spec',
    command_id: command,
    command_hash: `hash of ${command}`,
  };
}

/** A session after these events, each of a command of its own. */
export function given(...events: SessionEvent[]): Session {
  return events.reduce(
    (session, event, revision) =>
      evolveSession(session, {
        ...event,
        event_id: `event-${revision}`,
        revision,
        metadata: metadata(revision),
      }),
    newSession(sessionId),
  );
}

/** What commands do to a session: its events as `{ type, data }`, or why they are refused. */
export function when(session: Session, ...commands: SessionCommand[]): SessionEvent[] | Rejection['code'] {
  const next = session.revision + 1;
  const outcome = decideAll(session, commands, {
    metadata: () => metadata(next),
    eventId: (index) => `event-${next + index}`,
  });
  if ('rejection' in outcome) return outcome.rejection.code;
  return outcome.events.map(({ type, data }) => ({ type, data }) as SessionEvent);
}

export const started: SessionEvent = {
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
