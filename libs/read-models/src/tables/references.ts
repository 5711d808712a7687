import type { JsonObject, RecordedEvent, UpdateReferences } from '#domain';
import { aboutOf } from '#domain';
import type { ReferenceRow } from './rows.ts';

/** The fields that name the subject of a conversation, each with the kind of its reference. */
const kinds = [
  ['order_id', 'order'],
  ['payout_id', 'payout'],
  ['tracking_id', 'tracking'],
] as const;
/** Longer texts are not references. */
const longest = 200;

/** Whether a text may be an id: neither empty nor long, and storable in PostgreSQL. */
export function isReference(text: unknown): text is string {
  return typeof text === 'string' && text !== '' && text.length <= longest && !text.includes('\0');
}

/** The references that an event adds to its session. None for a fork: updates of other systems do not concern it. Pure. */
export function referencesOf(session_id: string, event: RecordedEvent): ReferenceRow[] {
  if (event.metadata.forked_from !== undefined) return [];
  const found: ReferenceRow[] = [];
  const add = (kind: string, reference: unknown): void => {
    if (!isReference(reference)) return;
    const isKnown = found.some((row) => row.kind === kind && row.reference === reference);
    if (!isKnown) found.push({ session_id, kind, reference });
  };
  const fields = fieldsOf(event);
  const resolved = resolvedIn(event);
  for (const [field, kind] of kinds) add(kind, fields[field]);
  for (const [, kind] of kinds) add(kind, resolved[kind]);
  return found;
}

/** The references that the declaration of an event's type, or of its kind of inquiry, finds in it. */
function resolvedIn(event: RecordedEvent): UpdateReferences {
  if (event.type === 'InquiryOpened') return aboutOf(event.data);
  return event.type === 'ExternalUpdateRecorded' ? (event.data.references ?? {}) : {};
}

function fieldsOf(event: RecordedEvent): JsonObject {
  if (event.type === 'TurnRecorded') return event.data.extracted_entities;
  const answered = event.type === 'InquiryAnswered' || event.type === 'ExternalUpdateRecorded';
  return answered ? event.data.data : {};
}
