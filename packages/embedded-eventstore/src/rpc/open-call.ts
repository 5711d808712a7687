/** A long-lived call. */
export interface OpenCall {
  /** Ends the call with a status: the server stops. */
  shutdown(): void;
}
