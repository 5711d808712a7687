import type { RecordExternalUpdate, UpdateReferences } from '#domain';
import type { Reference } from '#read-models';
import { isReference } from '#read-models';
import { storableTime } from '../common/storable-time.ts';

/** An external update as sessions record it. */
export type Update = Omit<RecordExternalUpdate, 'type' | 'before_session'>;

/** An external update with its references. */
export interface AboutUpdate {
  readonly update: Update;
  readonly about: UpdateReferences;
}

/** The references of an update that the index can hold; others name no session. */
export function referencesIn(about: UpdateReferences): Reference[] {
  return Object.entries(about)
    .map(([kind, reference]) => ({ kind, reference: reference as string }))
    .filter(({ reference }) => isReference(reference));
}

/** The time by which updates are ordered, by the clock of their system; null: unknown. */
export function orderedAt({ occurred_at_source }: Update): string | null {
  return storableTime(occurred_at_source);
}
