/** The durations of EventStoreDB's time-dependent behaviour, in milliseconds. */
export interface LikeAServer {
  /** How long readers lag behind the writer after a conflict, and after some other commits. */
  readonly indexLagMs: number;
  /** After how long an append that repeats one in flight gets a Timeout. */
  readonly repeatTimeoutMs: number;
}

/** As measured on EventStoreDB 24.10.4: up to 34 ms, and about 2.5 s. */
export const LIKE_A_SERVER: LikeAServer = { indexLagMs: 20, repeatTimeoutMs: 2_500 };
