/** A call that is in flight. */
export interface OpenCall {
  /** What the server keeps for it in memory: events that are not stored, or not sent yet. */
  readonly heldBytes: number;
  /** Ends the call with a status: the server stops. */
  shutdown(): void;
}
