/**
 * In the FROM of a statement: its commit does not wait for the disk. Only for positions: if a crash of PostgreSQL
 * loses the last ones, nothing committed before them is lost, and reprocessed events change nothing.
 */
export const withoutWaiting = `(SELECT set_config('synchronous_commit', 'off', true)) AS without_waiting`;
