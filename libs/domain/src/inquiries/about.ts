import { nameOf } from '../tracking/reports.ts';
import type { UpdateReferences } from '../tracking/events.ts';
import type { InquiryOpened } from './events.ts';

/** The fields of a subject that name its references, for kinds that do not declare them. */
const wellKnown: { readonly [reference in keyof UpdateReferences]: string } = {
  order: 'order_id',
  payout: 'payout_id',
  tracking: 'tracking_id',
};

/** The references of an inquiry: one id of each kind. The inquiry's kind declares which fields of the subject they are. */
export function aboutOf({
  subject,
  declared,
}: Pick<InquiryOpened['data'], 'subject' | 'declared'>): UpdateReferences {
  const named = Object.entries(declared?.about ?? wellKnown).map(
    ([kind, field]) => [kind, nameOf(subject[field])] as const,
  );
  return Object.fromEntries(named.filter(([, reference]) => reference !== null));
}
