import type { Actor, Event, RecordedEvent } from '../kernel/event.ts';
import { isAgentEvent } from './events.ts';
import type { AgentState } from './state.ts';

/** Whether an event is an update for the owner of the session: someone else caused it. */
export function isUpdateFor(
  { instance, epoch }: Pick<AgentState, 'instance' | 'epoch'>,
  { type, metadata }: RecordedEvent<Event>,
): boolean {
  if (instance === null || isAgentEvent(type)) return false;
  return instanceOf(metadata.actor) !== instance && metadata.agent_epoch !== epoch;
}

/** The agent instance that caused an event; undefined: none. */
function instanceOf({ role, id, instance }: Actor): string | undefined {
  return instance ?? (role === 'agent' ? id : undefined);
}
