/** The rows that a caller may see. */
export interface RowLimits {
  /** Only those of these partners, and of sessions on these channels. */
  readonly partners?: readonly string[] | undefined;
  readonly channels?: readonly string[] | undefined;
  /** Only those of sessions that are active, or were since this time (ISO 8601). */
  readonly active_since?: string | undefined;
}

/** Whether a session is active, or was since `$?`: what the retention would keep. The row of one that is set aside may be outdated. */
export function isActiveSince(session: string, since = '$?'): string {
  return `(${session}.status = 'active' OR ${session}.last_activity_time >= ${since})
    AND NOT EXISTS (SELECT FROM set_aside_session AS x WHERE x.session_id = ${session}.session_id::text)`;
}

/** The same for a row of a session. */
export function ofActiveSince(row: string, since?: string): string {
  return `EXISTS (SELECT FROM conversation_session AS w WHERE w.session_id = ${row}.session_id AND ${isActiveSince('w', since)})`;
}
