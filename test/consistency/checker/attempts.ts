import type { CommandEntry } from '../common/history.ts';

/** What an answer says of its command. */
export type Said = 'done' | 'without_effect' | 'refused' | 'nothing';

export function said({ status, answer }: CommandEntry): Said {
  if (status === null || status >= 500 || status === 408) return 'nothing';
  if (status >= 400) return 'refused';
  // No two questions of the workload are the same, so each opens an inquiry.
  const isDone = (answer?.events?.length ?? 0) > 0 || answer?.inquiry_id !== undefined;
  return isDone ? 'done' : 'without_effect';
}

/** An attempt as findings name it. */
export function nameOf({ session_id, op, node, status }: CommandEntry): string {
  return `${op} in ${session_id} at ${node.name} (${status ?? 'no answer'})`;
}
