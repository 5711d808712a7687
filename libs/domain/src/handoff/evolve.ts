import { unknownEvent } from '../kernel/unknown.ts';
import type { HandoffEvent } from './events.ts';
import type { Handoff } from './state.ts';

/** The handoff after one of its events. */
export function evolveHandoff(handoff: Handoff, event: HandoffEvent): Handoff {
  switch (event.type) {
    case 'HandoffRequested':
      return 'requested';
    case 'HandoffAccepted':
      return 'accepted';
    case 'HandoffReturned':
      return 'none';
    default:
      return unknownEvent(handoff, event);
  }
}
