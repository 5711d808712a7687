/** Which agent instance owns the session, and up to which revision it has processed updates. */
export interface AgentState {
  /** Null: nobody. */
  readonly instance: string | null;
  /** Grows with each attach. 0: the session never had an agent. */
  readonly epoch: number;
  /** The pool that takes the session when its instance is gone; null: none does. */
  readonly pool: string | null;
  readonly since: string | null;
  /** Updates up to this revision need no delivery. */
  readonly acknowledged: number;
}

export const noAgent: AgentState = { instance: null, epoch: 0, pool: null, since: null, acknowledged: -1 };
