import type { CommandEntry, ErasureEntry } from '../common/history.ts';

/** The statement of an answer about its command. */
export type Said = 'done' | 'without_effect' | 'refused' | 'nothing';

export function said({ status, answer }: CommandEntry): Said {
  if (status === null || status >= 500 || status === 408) return 'nothing';
  if (status >= 400) return 'refused';
  // No two inquiries of the workload have the same question, so each opens a new inquiry.
  const isDone = (answer?.events?.length ?? 0) > 0 || answer?.inquiry_id !== undefined;
  return isDone ? 'done' : 'without_effect';
}

/** The name of an attempt in findings. */
export function nameOf({ session_id, op, node, status }: CommandEntry): string {
  return `${op} in ${session_id} at ${node.name} (${status ?? 'no answer'})`;
}

/**
 * Whether the answer says that the partner is restricted: an erasure is requested, and not every node knows yet that
 * it is done.
 */
export function saysClosed({ answer }: CommandEntry): boolean {
  return answer?.code === 'partner_restricted' || answer?.reason === 'erasure_in_progress';
}

const ofErased = new Set(['session_over', 'session_exists', 'agent_replaced']);

/** Whether an erasure explains an answer: from the request on, nothing earlier need be known any more. */
export function followsErasure(attempt: CommandEntry, erasure: ErasureEntry | undefined): boolean {
  if (erasure === undefined || attempt.end < erasure.start) return false;
  return saysClosed(attempt) || ofErased.has(attempt.answer?.reason ?? '');
}
