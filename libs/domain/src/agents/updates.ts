import type { Event, RecordedEvent } from '../kernel/event.ts';
import { isAgentEvent } from './events.ts';
import type { AgentState } from './state.ts';

/** Whether an event is an update for the owner of the session: another caused it. */
export function isUpdateFor(
  { instance, epoch }: Pick<AgentState, 'instance' | 'epoch'>,
  { type, metadata }: RecordedEvent<Event>,
): boolean {
  if (instance === null || isAgentEvent(type)) return false;
  const own = metadata.actor.role === 'agent' && metadata.actor.id === instance;
  return !own && metadata.agent_epoch !== epoch;
}
