import { checkEpoch } from '../agents/decide.ts';
import type { SessionCommand } from './commands.ts';
import { decide } from './decide.ts';
import type { Rejection } from '../kernel/decision.ts';
import type { EventMetadata, RecordedEvent, SessionEventType } from './events.ts';
import type { Session } from './evolve.ts';
import { evolveSession } from './evolve.ts';
import { isStarted } from './state.ts';

/** What a request brings besides its commands: the metadata of its events, and how their ids are made. */
export interface CommandContext {
  /** The metadata of an event of this type, which has the type's schema version. */
  readonly metadata: (type: SessionEventType) => EventMetadata;
  /** The id of the request's n-th event (from 0): the same request gives the same ids. */
  readonly eventId: (index: number) => string;
  /** The epoch under which the sender holds the session, if it says so: it is refused when that is over. */
  readonly agentEpoch?: number;
}

export type DecidedCommands =
  | { readonly events: readonly RecordedEvent[]; readonly session: Session }
  | { readonly rejection: Rejection; readonly command: number };

/** Decides several commands one upon the other: the events of all of them, or the first refusal and its index. */
export function decideAll(
  session: Session,
  commands: readonly SessionCommand[],
  context: CommandContext,
): DecidedCommands {
  const { agentEpoch } = context;
  if (agentEpoch !== undefined && isStarted(session.state)) {
    const rejection = checkEpoch(session.state, agentEpoch);
    if (rejection) return { rejection, command: 0 };
  }
  const events: RecordedEvent[] = [];
  let now = session;
  for (const [index, command] of commands.entries()) {
    const decision = decide(command, now.state, session.session_id);
    if ('rejection' in decision) return { rejection: decision.rejection, command: index };
    for (const event of decision.events) {
      const recorded: RecordedEvent = {
        ...event,
        event_id: context.eventId(events.length),
        revision: now.revision + 1,
        metadata: context.metadata(event.type),
      };
      events.push(recorded);
      now = evolveSession(now, recorded);
    }
  }
  return { events, session: now };
}
