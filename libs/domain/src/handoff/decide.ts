import type { Decision } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import { unknownCommand } from '../kernel/unknown.ts';
import type { HandoffCommand } from './commands.ts';
import type { HandoffEvent } from './events.ts';
import type { Handoff } from './state.ts';

export type HandoffRejection = 'handoff_not_possible';
type HandoffDecision = Decision<HandoffEvent, HandoffRejection>;

/** Decides a command about the handoff: it is requested, accepted and returned, in this order. */
export function decideHandoff(command: HandoffCommand, handoff: Handoff): HandoffDecision {
  switch (command.type) {
    case 'RequestHandoff': {
      const { reason } = command;
      return when(handoff, ['none'], { type: 'HandoffRequested', data: { reason } });
    }
    case 'AcceptHandoff': {
      const { accepted_by } = command;
      return when(handoff, ['requested'], { type: 'HandoffAccepted', data: { accepted_by } });
    }
    case 'ReturnHandoff': {
      const { note } = command;
      return when(handoff, ['requested', 'accepted'], { type: 'HandoffReturned', data: { note } });
    }
    default:
      return unknownCommand(command);
  }
}

function when(handoff: Handoff, allowed: readonly Handoff[], event: HandoffEvent): HandoffDecision {
  if (allowed.includes(handoff)) return accept(event);
  return reject(
    'handoff_not_possible',
    `The handoff is "${handoff}"; this needs it to be ${allowed.join(' or ')}.`,
  );
}
