/** SQL: whether a row of `conversation_session` is a fork. @param alias the alias of the row */
export function isFork(alias: string): string {
  return `(${alias}.forked_from IS NOT NULL)`;
}

/** SQL: whether a row belongs to a fork; forks are few and have their own index. @param alias the alias of the row, which has a `session_id` */
export function ofFork(alias: string): string {
  return `EXISTS (SELECT FROM conversation_session AS f WHERE f.session_id = ${alias}.session_id AND ${isFork('f')})`;
}
