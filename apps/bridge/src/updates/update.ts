import type { JsonObject, RecordExternalUpdate, UpdateReferences } from '#domain';
import type { IncomingEvent } from '#messaging';
import type { Reference } from '#read-models';
import { isReference } from '#read-models';
import { storableTime } from '../common/storable-time.ts';

/** An external update as sessions record it. */
export type Update = Omit<RecordExternalUpdate, 'type' | 'before_session'>;

/** An external update, and the ids by which it finds sessions. */
export interface AboutUpdate {
  readonly update: Update;
  readonly about: UpdateReferences;
}

/** The fields that say what an event concerns, and what its subject names, by system. */
const referenceFields = {
  order_id: 'order',
  payout_id: 'payout',
  tracking_id: 'tracking',
  partner_id: 'partner',
} as const;
const subjectKinds: { readonly [system: string]: keyof UpdateReferences } = {
  orders: 'order',
  logistics: 'tracking',
  payments: 'payout',
  onboarding: 'partner',
};

/** What an event of another system is as an update. Pure. */
export function updateOf(event: IncomingEvent): AboutUpdate {
  const { system, kind, source_event_id, known, version } = event;
  const content = event.data as JsonObject;
  const about = aboutOf(event);
  // An unknown version may mean something else by its fields: it is kept apart and concerns no reference.
  if (!known) {
    const data = { version, content };
    return { about, update: { system, kind, source_event_id, reference: null, data } };
  }
  const named = Object.keys(about).length > 0 && { references: about };
  const reference = mainReference(event);
  return { about, update: { system, kind, source_event_id, reference, data: content, ...named } };
}

/** What an update is about, as the index holds it; what it cannot hold names no session. */
export function referencesIn(about: UpdateReferences): Reference[] {
  return Object.entries(about)
    .map(([kind, reference]) => ({ kind, reference: reference as string }))
    .filter(({ reference }) => isReference(reference));
}

/** The time by which updates are ordered, by the clock of their system; null: it is not known. */
export function orderedAt({ occurred_at_source }: Update): string | null {
  return storableTime(occurred_at_source);
}

function aboutOf({ system, subject, data }: IncomingEvent): UpdateReferences {
  const about: { -readonly [kind in keyof UpdateReferences]: string } = {};
  const kind = subjectKinds[system];
  if (kind !== undefined && subject !== null) about[kind] = subject;
  for (const [field, named] of Object.entries(referenceFields)) {
    const reference = data[field];
    if (typeof reference === 'string') about[named] = reference;
  }
  return about;
}

function mainReference({ subject, data }: IncomingEvent): string | null {
  const named = Object.keys(referenceFields).map((field) => data[field]);
  return named.find((reference) => typeof reference === 'string') ?? subject;
}
