import type { Decision, Rejected, Rejection } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import { unknownCommand } from '../kernel/unknown.ts';
import type { AcknowledgeUpdate, AgentCommand, AttachAgent, DetachAgent } from './commands.ts';
import type { AgentEvent } from './events.ts';
import type { AgentState } from './state.ts';

export type AgentRejection = 'agent_replaced';
type AgentDecision = Decision<AgentEvent, AgentRejection>;

/** Decides a command about the ownership of a session. */
export function decideAgent(command: AgentCommand, agent: AgentState): AgentDecision {
  switch (command.type) {
    case 'AttachAgent':
      return attach(command, agent);
    case 'DetachAgent':
      return detach(command, agent);
    case 'AcknowledgeUpdate':
      return acknowledge(command, agent);
    default:
      return unknownCommand(command);
  }
}

/** Rejects a command that carries an epoch other than the owner's. */
export function checkEpoch(agent: AgentState, epoch: number): Rejection<AgentRejection> | undefined {
  return agent.instance !== null && agent.epoch === epoch ? undefined : replacedBy(agent).rejection;
}

function attach({ type: _type, replaces, owned, ...data }: AttachAgent, agent: AgentState): AgentDecision {
  const isGivenBack = agent.instance === null && agent.pool === null;
  if (replaces !== null && (replaces !== agent.epoch || isGivenBack)) return replacedBy(agent);
  const isRewind = data.after !== null && data.after < agent.acknowledged;
  if (owned !== undefined && owns({ ...data, epoch: owned }, agent) && !isRewind) return accept();
  return accept({ type: 'AgentAttached', data: { ...data, epoch: agent.epoch + 1 } });
}

/** Only the epoch identifies the owner: a session may have been given to an instance that never attached it. */
function detach({ epoch, reason, waiting }: DetachAgent, agent: AgentState): AgentDecision {
  const { instance } = agent;
  if (instance === null || agent.epoch !== epoch) return accept();
  const pool = waiting ? agent.pool : null;
  return accept({ type: 'AgentDetached', data: { instance, epoch, reason, pool } });
}

function acknowledge(command: AcknowledgeUpdate, agent: AgentState): AgentDecision {
  if (!owns(command, agent)) return replacedBy(agent);
  const { instance, epoch } = command;
  const updates = command.updates.filter(({ revision }) => revision > agent.acknowledged);
  if (updates.length === 0) return accept();
  const up_to = Math.max(...updates.map(({ revision }) => revision));
  return accept({ type: 'UpdateAcknowledged', data: { instance, epoch, up_to, updates } });
}

function owns({ instance, epoch }: { instance: string; epoch: number }, agent: AgentState): boolean {
  return agent.instance === instance && agent.epoch === epoch;
}

function replacedBy({ instance, epoch, pool, since }: AgentState): Rejected<AgentRejection> {
  const owner = instance === null ? 'No instance' : `Instance ${instance}`;
  const reason =
    epoch === 0 ? 'No instance owns this session.' : `${owner} owns the session now, at epoch ${epoch}.`;
  return reject('agent_replaced', reason, { holder: { instance, epoch, pool, since } });
}
