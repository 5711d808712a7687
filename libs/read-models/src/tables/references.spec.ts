import { expect, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { formerInquiryKinds } from '#domain';
import { referencesOf } from './references.ts';

/** The references of a session when an inquiry with these is opened. */
function named(subject: object, about?: object): string[] {
  const declared = about && { ...formerInquiryKinds['order_status'], about };
  const event = { type: 'InquiryOpened', data: { subject, ...(declared && { declared }) }, metadata: {} };
  const rows = referencesOf('s1', event as unknown as RecordedEvent);
  return rows.map(({ kind, reference }) => `${kind} ${reference}`);
}

test('the declared kind of an inquiry determines its references', () => {
  const subject = { parcel: 'ORD7', bill: 'PAY7', order_id: 'batch 1' };
  expect(named(subject, { order: 'parcel', payout: 'bill' })).toEqual(['order ORD7', 'payout PAY7']);
});

test('an inquiry of an undeclared kind has the ids in its subject as references', () => {
  expect(named({ order_id: 'ORD1', tracking_id: 'T1' })).toEqual(['order ORD1', 'tracking T1']);
});

test('a partner in an inquiry is not a reference: a session gets only updates of its own partner', () => {
  expect(named({ rider: 'P-other' }, { partner: 'rider' })).toEqual([]);
});
