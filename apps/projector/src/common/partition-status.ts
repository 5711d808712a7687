/** The progress of a partition. */
export interface PartitionStatus {
  readonly slot: number;
  /** Stopped: too many of its sessions were set aside within a minute. */
  readonly state: 'live' | 'catching_up' | 'stopped';
  /** Commit position up to which the rows are written. */
  readonly position: string | null;
  /** Seconds since the time up to which the rows are known to be current. */
  readonly lag_s: number | null;
  readonly waiting_for_redis: number;
  readonly waiting_for_postgres: number;
  /** Approximate memory of the waiting events, in bytes. */
  readonly bytes_waiting: number;
  /** How many of its sessions are set aside. */
  readonly set_aside: number;
  /**
   * Whether the rows are ahead of the event store, which was restored to an earlier state: they have to be rebuilt.
   */
  readonly ahead_of_store: boolean;
}
