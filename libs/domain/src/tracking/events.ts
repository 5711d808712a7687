import type { Event, FieldClasses } from '../kernel/event.ts';
import type { JsonObject } from '../kernel/json.ts';

/** What an update is about: one id of each kind. `tracking` is a shipment. */
export interface UpdateReferences {
  readonly order?: string;
  readonly payout?: string;
  readonly tracking?: string;
  readonly partner?: string;
}

/** What the declaration of its type found in an update when it came in. A fold needs no declaration. */
export interface ResolvedUpdate {
  readonly references?: UpdateReferences;
  /** The state that the update reports, as `out_for_delivery`; an agent may have written any text. */
  readonly status?: string | null;
  /** When it happened, by the clock of its system (ISO 8601, UTC). */
  readonly occurred_at_source?: string | null;
  /** What may be shown and published: nothing of it is personal. */
  readonly public_text?: string | null;
  /** It came in before the session began. */
  readonly before_session?: boolean;
}

/** Another system says that something has changed. Updates that older versions recorded are not resolved. */
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
