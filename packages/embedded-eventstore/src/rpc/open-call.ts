/** A call that is in flight. */
export interface OpenCall {
  /** Ends the call with a status: the server stops. */
  shutdown(): void;
}
