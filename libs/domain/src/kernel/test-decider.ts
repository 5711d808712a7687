import type { Decision } from './decision.ts';
import type { Event, EventMetadata, RecordedEvent } from './event.ts';

const startTime = Date.parse('2026-11-24T08:00:00.000Z');

/** For specs: the n-th event of a scenario happens n seconds after its start. */
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

export function recorded<E extends Event>(event: E, revision: number): RecordedEvent<E> {
  return { ...event, event_id: `event-${revision}`, revision, metadata: metadata(revision) };
}

/** What a spec needs of a feature. */
export interface Decider<State, Command, E extends Event> {
  readonly initial: State;
  readonly decide: (command: Command, state: State) => Decision<E, string>;
  readonly evolve: (state: State, event: RecordedEvent<E>) => State;
}

export interface Scenario<Command, E extends Event, State> {
  readonly state: State;
  /** The outcome of the command: its events, or the code of its rejection. */
  readonly when: (command: Command) => readonly E[] | string;
}

/** For specs of a feature: `given(events).when(command)`. */
export function scenariosOf<State, Command, E extends Event>(decider: Decider<State, Command, E>) {
  const { initial, decide, evolve } = decider;
  const given = (...events: readonly E[]): Scenario<Command, E, State> => {
    const state = events.reduce((now, event, revision) => evolve(now, recorded(event, revision)), initial);
    const when = (command: Command): readonly E[] | string => {
      const decision = decide(command, state);
      return 'rejection' in decision ? decision.rejection.code : decision.events;
    };
    return { state, when };
  };
  /** Given the events of commands that are all accepted. */
  const givenCommands = (...commands: readonly Command[]): Scenario<Command, E, State> => {
    const events = commands.reduce<readonly E[]>((history, command) => {
      const more = given(...history).when(command);
      if (typeof more === 'string') throw new Error(`rejected: ${more}`);
      return [...history, ...more];
    }, []);
    return given(...events);
  };
  return { given, givenCommands };
}
