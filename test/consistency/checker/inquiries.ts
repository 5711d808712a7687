import type { Evidence } from './evidence.ts';
import { Findings, groupBy } from './evidence.ts';

/** Each inquiry is closed once, at the latest with its session. */
export function checkInquiries({ sessions }: Evidence, findings: Findings): void {
  for (const { session_id, events, states } of sessions) {
    const last = states.at(-1);
    const isOver = last?.status === 'ended' || last?.status === 'expired';
    if (isOver && last.inquiries.length > 0)
      findings.add('inquiry_open', `${last.inquiries.join()} of ${session_id}, which is over`);
    const closed = events.filter(({ type }) => type === 'InquiryClosed');
    for (const [id, closings] of groupBy(closed, ({ data }) => String(data['inquiry_id'])))
      if (closings.length > 1)
        findings.add(
          'inquiry_closed_twice',
          `${id} of ${session_id}, at ${closings.map(({ revision }) => revision).join()}`,
        );
  }
}
