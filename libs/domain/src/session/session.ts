import type { RecordedSessionEvent } from './events.ts';
import { evolve } from './evolve.ts';
import type { ProcessedCommands } from './processed-commands.ts';
import { rememberCommand } from './processed-commands.ts';
import type { SessionState } from './state.ts';
import { initialState } from './state.ts';

/** A session at a revision, with its latest commands. Revision -1 is a stream without events. */
export interface Session {
  readonly session_id: string;
  readonly revision: number;
  readonly state: SessionState;
  readonly known: ProcessedCommands;
  /** The chain hash in the last event of its stream; undefined: there is none, or it is unknown here. */
  readonly chain?: string | undefined;
}

/** The session before its first event. */
export function newSession(sessionId: string): Session {
  return { session_id: sessionId, revision: -1, state: initialState, known: { from: 0, list: [] } };
}

/** The session after one more event of its stream. Events at or below its revision change nothing. */
export function evolveSession(session: Session, event: RecordedSessionEvent): Session {
  if (event.revision <= session.revision) return session;
  return {
    session_id: session.session_id,
    revision: event.revision,
    state: evolve(session.state, event),
    known: rememberCommand(session.known, event),
    chain: event.metadata.chain,
  };
}
