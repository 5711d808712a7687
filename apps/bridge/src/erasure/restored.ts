import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { inParallel, uuidV5 } from '#platform';
import type { DataKeys, Erasure } from '#privacy';
import { knownErasures, sessionsBefore } from '#read-models';
import type { EventStore } from '#sessions';
import {
  CommandRejectedError,
  commandPartner,
  completeErasures,
  loggedErasures,
  readPartner,
  UnprojectableEventError,
} from '#sessions';
import { actor } from './actor.ts';

interface ListPorts {
  readonly store: EventStore;
  readonly pool: Pool;
  readonly keys: DataKeys | undefined;
}

interface RestoredPorts extends Omit<ListPorts, 'keys'> {
  readonly signal?: AbortSignal;
  /** Called for a partner whose stream cannot be read. */
  readonly onUnreadable: (partnerId: string, error: UnprojectableEventError) => void;
}

const atOnce = 8;

/**
 * Completes the list of erasures in the event store: an earlier release did not list them, or the list was lost with the event
 * store. A bridge that erases lists each erasure before its receipt, so that the list stays complete.
 * @returns the last known erasure of each partner
 * @throws KeyStoreUnavailableError, StoreUnavailableError
 */
export async function listErasures({ store, pool, keys }: ListPorts): Promise<readonly Erasure[]> {
  const known = await knownErasures({ pool, keys });
  const { erasures, complete } = await loggedErasures(store);
  const listed = new Set(erasures.map(({ receipt_id }) => receipt_id));
  const missing = known.filter(({ receipt_id }) => !listed.has(receipt_id));
  if (!complete || missing.length > 0) await completeErasures(store, missing);
  return known;
}

/**
 * Requests erasures again of partners whose streams lack them: the event store was restored to an earlier state. Their keys are
 * destroyed in any case.
 * @returns the partners that are erased again
 * @throws KeyStoreUnavailableError, StoreUnavailableError
 */
export async function eraseRestored(ports: RestoredPorts, known: readonly Erasure[]): Promise<string[]> {
  const again: string[] = [];
  await inParallel(
    known,
    atOnce,
    async (erasure) => {
      const { partner_id } = erasure;
      try {
        if (await eraseAgain(ports, erasure)) again.push(partner_id);
      } catch (error) {
        if (!(error instanceof UnprojectableEventError)) throw error;
        ports.onUnreadable(partner_id, error);
      }
    },
    ports.signal,
  );
  return again;
}

/** False: the partner has nothing to erase again, or an operator has to decide. */
async function eraseAgain({ store, pool }: RestoredPorts, erased: Erasure): Promise<boolean> {
  const { partner_id, erased_at, receipt_id } = erased;
  const { revision, state } = await readPartner(store, partner_id);
  const { receipt, erasure } = state.privacy ?? {};
  const isKnown =
    receipt !== undefined && (receipt.receipt_id === receipt_id || receipt.erased_at >= erased_at);
  if (isKnown || erasure?.status === 'requested') return false;
  if (revision < 0 && (await sessionsBefore(pool, partner_id, erased_at)).length === 0) return false;
  const request = {
    erasure_id: uuidV5('restored', receipt_id),
    reason: 'restored_backup',
    requested_at: new Date().toISOString(),
    requested_by: actor,
  };
  const command = { type: 'RequestErasure', partner_id, request, keep_until: null } as const;
  try {
    await commandPartner(store, command, { actor, $correlationId: randomUUID() });
    return true;
  } catch (error) {
    // A legal hold that was lifted later is in place again.
    if (error instanceof CommandRejectedError) return false;
    throw error;
  }
}
