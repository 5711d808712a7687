import { decideOn, appendToPartner, PartnerChangedError, partnerStream } from './partner-memory.ts';
import type { Partner, PartnerContext } from './partner-memory.ts';
import type { EventStore } from './store.ts';

/**
 * Drops what is remembered of a partner who was erased before: only the receipt is left in the stream. Repeating it also
 * deletes what an interrupted call has left.
 * @returns false: the partner has changed since it was read, and is left as it is
 * @throws CommandRejectedError, StoreUnavailableError
 */
export async function forgetMemory(
  store: EventStore,
  partner: Partner,
  context: PartnerContext,
): Promise<boolean> {
  const { partner_id, revision } = partner;
  const events = decideOn(partner, { type: 'ForgetMemory', partner_id });
  try {
    await appendToPartner(store, partner, events, context);
  } catch (error) {
    if (error instanceof PartnerChangedError) return false;
    throw error;
  }
  // Each event holds the whole state, so none before the last one is needed.
  const last = revision + events.length;
  for await (const first of store.read(partnerStream(partner_id))) {
    if (Number(first.revision) < last) await store.truncateStream(partnerStream(partner_id), last);
    break;
  }
  return true;
}
