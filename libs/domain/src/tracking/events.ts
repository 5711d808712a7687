import type { Event, FieldClasses } from '../kernel/event.ts';
import type { JsonObject } from '../kernel/json.ts';

/** The references of an update: one id of each kind. `tracking` is a shipment. */
export interface UpdateReferences {
  readonly order?: string;
  readonly payout?: string;
  readonly tracking?: string;
  readonly partner?: string;
}

/** What the declaration of its type found in an update on arrival. A fold needs no declaration. */
export interface ResolvedUpdate {
  readonly references?: UpdateReferences;
  /** The reported state, such as `out_for_delivery`; an agent may have written any text. */
  readonly status?: string | null;
  /** When it happened, by the clock of its system (ISO 8601, UTC). */
  readonly occurred_at_source?: string | null;
  /** The text that may be shown and published: it is not personal. */
  readonly public_text?: string | null;
  /** It arrived before the session started. */
  readonly before_session?: boolean;
}

/** Another system reports a change. Updates recorded by older versions are not resolved. */
export type ExternalUpdateRecorded = Event<
  'ExternalUpdateRecorded',
  {
    system: string;
    kind: string;
    reference: string | null;
    data: JsonObject;
    source_event_id: string;
  } & ResolvedUpdate
>;

export const trackingFieldClasses: FieldClasses<ExternalUpdateRecorded> = {
  ExternalUpdateRecorded: {
    system: 'plain',
    kind: 'plain',
    reference: 'personal',
    data: 'personal',
    source_event_id: 'plain',
    references: 'personal',
    status: 'personal',
    occurred_at_source: 'plain',
    public_text: 'plain',
    before_session: 'plain',
  },
};
