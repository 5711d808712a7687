import type { RecordedEvent } from '../kernel/event.ts';
import { unknownEvent } from '../kernel/unknown.ts';
import type { AgentEvent } from './events.ts';
import type { AgentState } from './state.ts';

/**
 * The ownership after one of its events. The very first owner gets the updates after its attach; no owner starts beyond
 * its attach, whatever revision it names.
 */
export function evolveAgent(agent: AgentState, event: RecordedEvent<AgentEvent>): AgentState {
  switch (event.type) {
    case 'AgentAttached': {
      const { instance, epoch, pool, after } = event.data;
      const start = after ?? (agent.epoch === 0 ? event.revision : agent.acknowledged);
      const acknowledged = Math.min(start, event.revision);
      return { instance, epoch, pool, since: event.metadata.occurred_at, acknowledged };
    }
    case 'AgentDetached': {
      const { epoch, pool } = event.data;
      if (agent.epoch !== epoch) return agent;
      return { ...agent, instance: null, pool, since: event.metadata.occurred_at };
    }
    case 'UpdateAcknowledged':
      return { ...agent, acknowledged: Math.max(agent.acknowledged, event.data.up_to) };
    default:
      return unknownEvent(agent, event);
  }
}
