import { expect, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { formerInquiryKinds } from '#domain';
import { referencesOf } from './references.ts';

/** What a session speaks of when an inquiry about these is opened. */
function named(subject: object, about?: object): string[] {
  const declared = about && { ...formerInquiryKinds['order_status'], about };
  const event = { type: 'InquiryOpened', data: { subject, ...(declared && { declared }) }, metadata: {} };
  const rows = referencesOf('s1', event as unknown as RecordedEvent);
  return rows.map(({ kind, reference }) => `${kind} ${reference}`);
}

test('a session speaks of what the kind of its inquiry says it is about', () => {
  const subject = { parcel: 'ORD7', bill: 'PAY7', order_id: 'batch 1' };
  expect(named(subject, { order: 'parcel', payout: 'bill' })).toEqual(['order ORD7', 'payout PAY7']);
});

test('a session speaks of the ids in the subject of an inquiry whose kind does not say', () => {
  expect(named({ order_id: 'ORD1', tracking_id: 'T1' })).toEqual(['order ORD1', 'tracking T1']);
});

test('a session speaks of no partner that an inquiry is about: it has only the updates of its own', () => {
  expect(named({ rider: 'P-other' }, { partner: 'rider' })).toEqual([]);
});
