import { checkEpoch } from '../agents/decide.ts';
import { isCellCommand } from '../cells/commands.ts';
import { refuseElsewhere } from '../cells/decide.ts';
import type { OwnCell } from '../cells/home.ts';
import { elsewhere } from '../cells/home.ts';
import { findInquiry } from '../inquiries/state.ts';
import type { EventMetadata, Origin } from '../kernel/event.ts';
import type { SessionCommand } from './commands.ts';
import type { SessionRejection } from './decide.ts';
import { decide } from './decide.ts';
import { checkReply } from './decide-turn.ts';
import type { RecordedSessionEvent, SessionEvent, SessionEventType } from './events.ts';
import type { Session } from './session.ts';
import { evolve } from './evolve.ts';
import { rememberCommand } from './processed-commands.ts';
import type { SessionState } from './state.ts';
import { isStarted } from './state.ts';

/** The context of a request: the metadata and the ids of its events. */
export interface CommandContext {
  /**
   * The metadata of the request's n-th event (from 0), with the schema version of its type. A request without its own
   * correlation continues the origin.
   */
  readonly metadata: (type: SessionEventType, index: number, origin: Origin | undefined) => EventMetadata;
  /** The id of the request's n-th event (from 0): the same at each call, another in another attempt. */
  readonly eventId: (index: number) => string;
  /** The epoch under which the sender owns the session, if given: rejected when another owns it. */
  readonly agentEpoch?: number;
  /** The cell in which the commands are decided: rejected when the session is at home in another. Undefined: there are no cells. */
  readonly cell?: OwnCell | undefined;
}

/** The events of all commands, and the session after them. */
export interface AcceptedCommands {
  readonly events: readonly RecordedSessionEvent[];
  readonly session: Session;
}

/** The first rejection, and the index of its command. */
interface RejectedCommands {
  readonly rejection: SessionRejection;
  readonly command: number;
}

export type DecidedCommands = AcceptedCommands | RejectedCommands;

/** Decides several commands in sequence: all or none. */
export function decideAll(
  session: Session,
  commands: readonly SessionCommand[],
  context: CommandContext,
): DecidedCommands {
  const { agentEpoch } = context;
  const other = commands.every(isCellCommand)
    ? undefined
    : (atHomeElsewhere(session.state, context.cell) ??
      forkedElsewhere(commands, session.state, context.cell));
  if (other !== undefined) return { rejection: refuseElsewhere(other).rejection, command: 0 };
  if (agentEpoch !== undefined && isStarted(session.state)) {
    const rejection = checkEpoch(session.state.agent, agentEpoch);
    if (rejection) return { rejection, command: 0 };
  }
  const events: RecordedSessionEvent[] = [];
  let { state } = session;
  for (const [index, command] of commands.entries()) {
    const origin = originOf(command, state);
    const decision = checkReply(commands, index) ?? decide(command, state, session.session_id);
    if ('rejection' in decision) return { rejection: decision.rejection, command: index };
    for (const event of decision.events) {
      const forked_from = forkedFrom(event, state);
      const recorded: RecordedSessionEvent = {
        ...event,
        event_id: context.eventId(events.length),
        revision: session.revision + events.length + 1,
        metadata: {
          ...context.metadata(event.type, events.length, origin),
          ...(forked_from === undefined ? {} : { forked_from }),
          ...(isFirst(event) && context.cell !== undefined ? { cell: context.cell.own } : {}),
        },
      };
      events.push(recorded);
      state = evolve(state, recorded);
    }
  }
  return accepted(session, events.length > 1 ? events.map(placed) : events, state);
}

function accepted(
  { session_id, revision, known }: Session,
  events: readonly RecordedSessionEvent[],
  state: SessionState,
): AcceptedCommands {
  const commands = events.reduce(rememberCommand, known);
  return { events, session: { session_id, revision: revision + events.length, state, known: commands } };
}

/** Adds the event's place in its request, so that readers can treat the request's events as one unit. */
function placed<E extends RecordedSessionEvent>(
  event: E,
  command_event: number,
  { length }: readonly E[],
): E {
  return { ...event, metadata: { ...event.metadata, command_event, command_events: length } };
}

/** The session that a fork was forked from, recorded on each of its events. */
function forkedFrom(event: SessionEvent, { session }: SessionState): string | undefined {
  return event.type === 'SessionForked' ? event.data.forked_from : session.forked_from?.session_id;
}

/** A session that has not started belongs to no cell yet, unless it was moved. */
function atHomeElsewhere(state: SessionState, cell: OwnCell | undefined): ReturnType<typeof elsewhere> {
  const { home } = state.session;
  return isStarted(state) || home !== undefined ? elsewhere(home, cell) : undefined;
}

/** A session that has left is not forked here, also not as it was before: what happened to it since is not known here. */
function forkedElsewhere(
  commands: readonly SessionCommand[],
  state: SessionState,
  cell: OwnCell | undefined,
): ReturnType<typeof elsewhere> {
  const fork = commands.find((command) => command.type === 'ForkSession');
  return fork === undefined || isStarted(state) ? undefined : elsewhere(fork.latest.home, cell);
}

function isFirst({ type }: SessionEvent): boolean {
  return type === 'SessionStarted' || type === 'SessionForked';
}

/** Replies to an inquiry and its closing continue the request that opened it. */
function originOf(command: SessionCommand, state: SessionState): Origin | undefined {
  return 'inquiry_id' in command ? findInquiry(state, command.inquiry_id) : undefined;
}
