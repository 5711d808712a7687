/** A call that is in flight. */
export interface OpenCall {
  /** The bytes that the server keeps in memory for it: events that are not stored, or not sent yet. */
  readonly heldBytes: number;
  /** Ends the call with a status when the server stops. */
  shutdown(): void;
}
