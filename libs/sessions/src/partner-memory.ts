import type { EventMetadata, PartnerMemory, Session } from '#domain';
import { decidePartner, evolvePartner, memoryOf } from '#domain';
import { v5 } from 'uuid';
import type { EventStore } from './store.ts';

function partnerStream(partnerId: string): string {
  return `partner-${partnerId}`;
}

/**
 * What is remembered of a partner and at which revision of the partner's stream (-1: nothing yet).
 * @param reaching a revision that the stream is known to have
 * @throws UnprojectableEventError, StoreUnavailableError
 */
export async function readPartner(
  store: EventStore,
  partnerId: string,
  reaching?: number,
): Promise<{ revision: number; memory: PartnerMemory | null }> {
  const last = await store.readLast(partnerStream(partnerId), reaching);
  if (last === undefined) return { revision: -1, memory: null };
  return { revision: Number(last.revision), memory: evolvePartner(null, store.codec.decodePartner(last)) };
}

/**
 * Records what a session leaves to its partner's next one, unless a newer session has recorded its own by then.
 * Doing it again adds nothing.
 */
export async function rememberSession(store: EventStore, session: Session): Promise<void> {
  const { partner_id } = session.state.identity;
  const memory = memoryOf(session);
  let actual: number | undefined;
  for (;;) {
    const { revision, memory: known } = await readPartner(store, partner_id, actual);
    const { events } = decidePartner({ type: 'RememberPartner', partner_id, memory }, known);
    const [remembered] = events;
    if (remembered === undefined) return;
    const event_id = v5(`${partner_id}:${memory.session_id}:${session.revision}`, v5.URL);
    const metadata = metadataOf(session, store.codec.versionOf(remembered.type));
    const event = store.codec.encode({ ...remembered, event_id, metadata });
    const outcome = await store.append(partnerStream(partner_id), [event], revision);
    if (outcome.appended) return;
    actual = outcome.revision;
  }
}

function metadataOf({ session_id, state }: Session, schema_version: number): EventMetadata {
  return {
    schema_version,
    occurred_at: state.session.last_activity_time,
    actor: { role: 'system', id: 'partner-memory' },
    $correlationId: session_id,
  };
}
