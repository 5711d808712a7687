import { nameOf } from '../tracking/reports.ts';
import type { UpdateReferences } from '../tracking/events.ts';
import type { InquiryOpened } from './events.ts';

/** Where a subject names what it is about, for kinds that do not say. */
const wellKnown: { readonly [reference in keyof UpdateReferences]: string } = {
  order: 'order_id',
  payout: 'payout_id',
  tracking: 'tracking_id',
};

/** What an inquiry is about: one id of each kind of reference. Its kind declares which fields of its subject they are. */
export function aboutOf({
  subject,
  declared,
}: Pick<InquiryOpened['data'], 'subject' | 'declared'>): UpdateReferences {
  const named = Object.entries(declared?.about ?? wellKnown).map(
    ([kind, field]) => [kind, nameOf(subject[field])] as const,
  );
  return Object.fromEntries(named.filter(([, reference]) => reference !== null));
}
