/** How a slot is getting on. */
export interface PartitionStatus {
  readonly slot: number;
  readonly state: 'live' | 'catching_up';
  /** Commit position up to which the rows are written. */
  readonly position: string | null;
  /** Seconds since the time up to which the rows are known to be current. */
  readonly lag_s: number | null;
  readonly waiting_for_redis: number;
  readonly waiting_for_postgres: number;
}
