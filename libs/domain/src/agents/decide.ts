import type { AgentCommand } from './commands.ts';
import type { AgentEvent } from './events.ts';
import type { AgentState } from './state.ts';
import type { Decision, Rejection } from '../kernel/decision.ts';
import { accept } from '../kernel/decision.ts';
import type { RecordedEvent, SessionEventType } from '../session/events.ts';
import type { SessionState } from '../session/state.ts';
import { isStarted } from '../session/state.ts';

const agentEvents: ReadonlySet<SessionEventType> = new Set([
  'AgentAttached',
  'AgentDetached',
  'UpdateAcknowledged',
]);

/** Whether an event only tells of who serves the session; such an event is no news for the one who does. */
export function isAgentEvent(type: SessionEventType): boolean {
  return agentEvents.has(type);
}

/** Whether an instance that holds a session must be told of an event: it is another's doing. */
export function isUpdateFor(
  { instance, epoch }: { readonly instance: string | null; readonly epoch: number },
  { type, metadata }: RecordedEvent,
): boolean {
  if (instance === null || isAgentEvent(type)) return false;
  const own = metadata.actor.role === 'agent' && metadata.actor.id === instance;
  return !own && metadata.agent_epoch !== epoch;
}

/** The refusal of a command of an instance that holds the session no more. */
export function checkEpoch({ agent }: SessionState, epoch: number): Rejection | undefined {
  return agent.instance !== null && agent.epoch === epoch ? undefined : replaced(agent);
}

/** What an agent's command does to a session. `over`: it has ended, so it is not attached any more. */
export function decideAgent(command: AgentCommand, state: SessionState): Decision {
  const { agent } = state;
  switch (command.type) {
    case 'AttachAgent': {
      const { type: _type, replaces, ...attach } = command;
      if (replaces !== null && replaces !== agent.epoch) return { rejection: replaced(agent) };
      return accept({ type: 'AgentAttached', data: { ...attach, epoch: agent.epoch + 1 } });
    }
    case 'DetachAgent': {
      const { type: _type, waiting: _waiting, ...detach } = command;
      if (agent.instance !== command.instance || agent.epoch !== command.epoch) return accept();
      const pool = command.waiting ? agent.pool : null;
      return accept({ type: 'AgentDetached', data: { ...detach, pool } });
    }
    case 'AcknowledgeUpdate': {
      const { instance, epoch } = command;
      if (agent.instance !== instance || agent.epoch !== epoch) return { rejection: replaced(agent) };
      const updates = command.updates.filter(({ revision }) => revision > agent.acknowledged);
      if (updates.length === 0) return accept();
      const up_to = Math.max(...updates.map(({ revision }) => revision));
      return accept({ type: 'UpdateAcknowledged', data: { instance, epoch, up_to, updates } });
    }
    default:
      return command satisfies never;
  }
}

function replaced({ instance, epoch, pool, since }: AgentState): Rejection {
  const holder = instance === null ? 'No instance' : `Instance ${instance}`;
  return {
    code: 'agent_replaced',
    reason:
      epoch === 0 ? 'No instance holds this session.' : `${holder} holds the session now, at epoch ${epoch}.`,
    data: { holder: { instance, epoch, pool, since } },
  };
}

/** The holder after one of the events about it. A first attach begins with what comes after it. */
export function evolveAgent(state: SessionState, event: RecordedEvent & AgentEvent): SessionState {
  if (!isStarted(state)) return state;
  return { ...state, agent: next(state.agent, event) };
}

function next(agent: AgentState, event: RecordedEvent & AgentEvent): AgentState {
  switch (event.type) {
    case 'AgentAttached': {
      const { instance, epoch, pool, after } = event.data;
      const acknowledged = after ?? (agent.epoch === 0 ? event.revision : agent.acknowledged);
      return { instance, epoch, pool, since: event.metadata.occurred_at, acknowledged };
    }
    case 'AgentDetached': {
      const { epoch, pool } = event.data;
      if (agent.epoch !== epoch) return agent;
      return {
        ...agent,
        instance: null,
        pool,
        since: event.metadata.occurred_at,
      };
    }
    case 'UpdateAcknowledged':
      return { ...agent, acknowledged: Math.max(agent.acknowledged, event.data.up_to) };
    default:
      return event satisfies never;
  }
}
