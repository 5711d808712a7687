import type { AboutUpdate } from '../updates/update.ts';
import type { IncomingEvent } from './declared-events.ts';

/**
 * Converts an event of another system into an update. The fields of an unknown version may mean something else, so
 * its data are kept apart and only its references are resolved. Pure.
 */
export function updateOf(event: IncomingEvent): AboutUpdate {
  const { system, kind, source_event_id, known, version, data, references: about } = event;
  const identity = { system, kind, source_event_id };
  if (!known) return { about, update: { ...identity, reference: null, data: { version, content: data } } };
  const { status, occurred_at_source, public_text } = event;
  const resolved = { references: about, status, occurred_at_source, public_text };
  return { about, update: { ...identity, reference: mainReference(event), data, ...resolved } };
}

function mainReference({ subject, references }: IncomingEvent): string | null {
  const { order, payout, tracking, partner } = references;
  return order ?? payout ?? tracking ?? partner ?? subject;
}
