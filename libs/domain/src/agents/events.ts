import type { Event, FieldClasses } from '../kernel/event.ts';

/** The instance asked for the session, or got it because the previous one was gone or handed it over. */
export type AttachReason = 'requested' | 'takeover';

export type DetachReason = 'requested' | 'drained' | 'lease_expired';

/** An agent instance owns the session from now on. Commands with an older epoch are rejected. */
export type AgentAttached = Event<
  'AgentAttached',
  {
    instance: string;
    epoch: number;
    pool: string;
    /** The API node that it was connected to. */
    node: string;
    /** Updates are delivered from after this revision; null: from after the last acknowledged one. */
    after: number | null;
    reason: AttachReason;
  }
>;

/** Nobody owns the session; the next instance of the pool with room takes it. Pool null: none does. */
export type AgentDetached = Event<
  'AgentDetached',
  { instance: string; epoch: number; reason: DetachReason; pool: string | null }
>;

/** How long after an event (milliseconds) the owner of the session acknowledged its update. */
export interface AcknowledgedUpdate {
  readonly revision: number;
  readonly latency_ms: number;
  /** The instance gave up the update: the code of the reason, such as `handler_timed_out`. */
  readonly skipped?: string;
}

/** The owner has processed the updates up to a revision. Several acknowledgements share one event. */
export type UpdateAcknowledged = Event<
  'UpdateAcknowledged',
  { instance: string; epoch: number; up_to: number; updates: readonly AcknowledgedUpdate[] }
>;

export type AgentEvent = AgentAttached | AgentDetached | UpdateAcknowledged;

export const agentFieldClasses: FieldClasses<AgentEvent> = {
  AgentAttached: {
    instance: 'plain',
    epoch: 'plain',
    pool: 'plain',
    node: 'plain',
    after: 'plain',
    reason: 'plain',
  },
  AgentDetached: { instance: 'plain', epoch: 'plain', reason: 'plain', pool: 'plain' },
  UpdateAcknowledged: { instance: 'plain', epoch: 'plain', up_to: 'plain', updates: 'plain' },
};

/** Whether an event only records who serves the session; such an event is not an update for its owner. */
export function isAgentEvent(type: string): boolean {
  return Object.hasOwn(agentFieldClasses, type);
}
