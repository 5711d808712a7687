import type { JsonObject, RecordedEvent } from '#domain';
import type { ReferenceRow } from './rows.ts';

/** The fields that name what a conversation is about, each with the kind of its reference. */
const kinds = { order_id: 'order', payout_id: 'payout', tracking_id: 'tracking' } as const;
/** Longer texts are no references. */
const longest = 200;

/** What an event says that its session is about. Pure. */
export function referencesOf(session_id: string, event: RecordedEvent): ReferenceRow[] {
  return Object.entries(kinds).flatMap(([field, kind]) => {
    const reference = fieldsOf(event)[field];
    const usable = typeof reference === 'string' && reference !== '' && reference.length <= longest;
    return usable ? [{ session_id, kind, reference }] : [];
  });
}

function fieldsOf(event: RecordedEvent): JsonObject {
  if (event.type === 'TurnRecorded') return event.data.extracted_entities;
  if (event.type === 'InquiryOpened') return event.data.subject;
  const answered = event.type === 'InquiryAnswered' || event.type === 'ExternalUpdateRecorded';
  return answered ? event.data.data : {};
}
