/** Whether a row of `conversation_session` is a fork. @param alias that of the row */
export function isFork(alias: string): string {
  return `(${alias}.forked_from IS NOT NULL)`;
}

/** Whether what a row says is of a fork: there are few, and an index has them alone. @param alias that of the row, which has a `session_id` */
export function ofFork(alias: string): string {
  return `EXISTS (SELECT FROM conversation_session AS f WHERE f.session_id = ${alias}.session_id AND ${isFork('f')})`;
}
