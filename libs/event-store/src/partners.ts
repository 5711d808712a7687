import type { EventMetadata, PartnerMemory } from '#domain';
import { rememberPartner } from '#domain';
import { v5 } from 'uuid';
import { decodeMemory, encode } from './codec.ts';
import type { EventStore } from './store.ts';

function partnerStream(partnerId: string): string {
  return `partner-${partnerId}`;
}

/** What is remembered of a partner and at which revision of the partner's stream (-1: nothing yet). */
export async function readPartner(
  store: EventStore,
  partnerId: string,
): Promise<{ revision: number; memory: PartnerMemory | null }> {
  const last = await store.readLast(partnerStream(partnerId));
  if (last === undefined) return { revision: -1, memory: null };
  return { revision: Number(last.revision), memory: decodeMemory(last) };
}

/** Records a partner's memory on top of the revision it was read at; false when another writer was faster. */
export async function writePartner(
  store: EventStore,
  partnerId: string,
  memory: PartnerMemory,
  expected: number,
  metadata: EventMetadata,
): Promise<boolean> {
  const event_id = v5(`${partnerId}:${memory.session_id}:${expected}`, v5.URL);
  const event = encode({ ...rememberPartner(partnerId, memory), event_id, metadata });
  return store.append(partnerStream(partnerId), [event], expected);
}
