import type { Event, PersonalFields } from '../kernel/event.ts';
import type { JsonObject } from '../kernel/json.ts';

/** Another system says that something has changed. */
export type ExternalUpdateRecorded = Event<
  'ExternalUpdateRecorded',
  { system: string; kind: string; reference: string | null; data: JsonObject; source_event_id: string }
>;

export const trackingPersonalFields: PersonalFields<ExternalUpdateRecorded> = {
  ExternalUpdateRecorded: ['reference', 'data'],
};
