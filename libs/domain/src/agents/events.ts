type Event<Type extends string, Data> = { readonly type: Type; readonly data: Readonly<Data> };

/** An agent instance holds the session from here on. Commands that carry an older epoch are refused. */
export type AgentAttached = Event<
  'AgentAttached',
  {
    instance: string;
    epoch: number;
    pool: string;
    /** The api node that it was connected to. */
    node: string;
    /** Updates are delivered from after this revision; null: from where they were acknowledged. */
    after: number | null;
    reason: AttachReason;
  }
>;
export const attachReasons = ['requested', 'takeover'] as const;
/** The instance asked for the session, or it got it since the one before was gone or handed it over. */
export type AttachReason = (typeof attachReasons)[number];

export const detachReasons = ['requested', 'drained', 'lease_expired'] as const;
export type DetachReason = (typeof detachReasons)[number];

/** Nobody holds the session any more; the next instance of the pool that has room takes it. Pool null: it is left alone. */
export type AgentDetached = Event<
  'AgentDetached',
  { instance: string; epoch: number; reason: DetachReason; pool: string | null }
>;

/** How long after an event its update was acknowledged by the instance that holds the session. */
export interface AcknowledgedUpdate {
  readonly revision: number;
  readonly latency_ms: number;
}

/** The instance has dealt with the updates up to a revision. Several acknowledgements share one event. */
export type UpdateAcknowledged = Event<
  'UpdateAcknowledged',
  { instance: string; epoch: number; up_to: number; updates: readonly AcknowledgedUpdate[] }
>;

export type AgentEvent = AgentAttached | AgentDetached | UpdateAcknowledged;
