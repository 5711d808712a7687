import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { uuidV5 } from '#platform';
import type { DataKeys } from '#privacy';
import { knownErasures, sessionsBefore } from '#read-models';
import type { EventStore } from '#sessions';
import { CommandRejectedError, commandPartner, readPartner } from '#sessions';
import { actor } from './actor.ts';

interface RestoredPorts {
  readonly store: EventStore;
  readonly pool: Pool;
  readonly keys: DataKeys | undefined;
}

/**
 * Asks again for the erasure of partners whom the ledger has and whose streams know nothing of it: the event store was
 * restored to a state before. Their keys are destroyed in any case.
 * @returns the partners that are erased again
 * @throws KeyStoreUnavailableError, StoreUnavailableError
 */
export async function eraseRestored({ store, pool, keys }: RestoredPorts): Promise<string[]> {
  const again: string[] = [];
  for (const { partner_id, erased_at, receipt_id } of await knownErasures({ pool, keys })) {
    const { revision, state } = await readPartner(store, partner_id);
    const { receipt, erasure } = state.privacy ?? {};
    if (erasure?.status === 'requested' || (receipt !== undefined && receipt.erased_at >= erased_at))
      continue;
    if (revision < 0 && (await sessionsBefore(pool, partner_id, erased_at)).length === 0) continue;
    const request = {
      erasure_id: uuidV5('restored', receipt_id),
      reason: 'restored_backup',
      requested_at: new Date().toISOString(),
      requested_by: actor,
    };
    const command = { type: 'RequestErasure', partner_id, request, keep_until: null } as const;
    try {
      await commandPartner(store, command, { actor, $correlationId: randomUUID() });
      again.push(partner_id);
    } catch (error) {
      // A hold that was lifted later is in place again: people decide.
      if (!(error instanceof CommandRejectedError)) throw error;
    }
  }
  return again;
}
