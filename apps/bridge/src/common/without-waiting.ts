/**
 * In the FROM of a statement: its commit does not wait for the disk. For positions alone: a crash of PostgreSQL that takes the
 * last ones along takes nothing that was committed before them, and what comes again changes nothing.
 */
export const withoutWaiting = `(SELECT set_config('synchronous_commit', 'off', true)) AS without_waiting`;
