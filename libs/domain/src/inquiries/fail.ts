import type { InquiryFailed } from './events.ts';
import type { Inquiry } from './state.ts';

/** Fails sources that cannot be asked, and their dependents. */
export function failUnaskable(
  inquiry: Inquiry,
  failed: readonly (readonly [source: string, reason: string])[],
): InquiryFailed[] {
  const names = failed.map(([name]) => name);
  const own = failed.map(([name, reason]) => failedUnasked(inquiry, name, reason));
  return [...own, ...failDependents(inquiry, names)];
}

/** Fails the sources that depend on one of these, directly or indirectly. */
export function failDependents(inquiry: Inquiry, failed: readonly string[]): InquiryFailed[] {
  const waiting = Object.entries(inquiry.sources).flatMap(([name, { status, after }]) => {
    const cause = after.find((source) => failed.includes(source));
    return status === 'waiting' && !failed.includes(name) && cause !== undefined ? [{ name, cause }] : [];
  });
  if (waiting.length === 0) return [];
  const own = waiting.map(({ name, cause }) => failedUnasked(inquiry, name, `no answer from ${cause}`));
  return [...own, ...failDependents(inquiry, [...failed, ...waiting.map(({ name }) => name)])];
}

function failedUnasked({ inquiry_id }: Inquiry, source: string, reason: string): InquiryFailed {
  return {
    type: 'InquiryFailed',
    data: { inquiry_id, source, attempt: 0, reason, reply_id: null, retry: null },
  };
}
