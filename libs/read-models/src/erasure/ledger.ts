import type { Pool } from 'pg';
import type { DataKeys, Erasure } from '#privacy';
import type { ContextStore } from '../context/store.ts';
import { eraseRows, sessionsBefore } from './rows.ts';

interface LedgerPorts {
  readonly pool: Pool;
  readonly contexts: ContextStore;
  /** Undefined: nothing is encrypted, and the table of receipts is the ledger. */
  readonly keys: DataKeys | undefined;
}

/** What was found of partners who had been erased. */
interface LedgerResult {
  readonly partners: number;
  /** Partners of whom a store restored from a backup had data again. */
  readonly erased_again: readonly string[];
  readonly keys_destroyed: number;
}

/** Erasures compared in one query. */
const page = 500;

/**
 * Compares the ledger of the key store and the receipts with the stores, and repeats erasures whose data came back with a
 * backup. Both are needed: the key store itself may be what was restored.
 * @param onKeysDestroyed called once the keys of all partners in the ledger are destroyed: their data can no longer be read
 * @throws KeyStoreUnavailableError
 */
export async function applyErasures(
  { pool, contexts, keys }: LedgerPorts,
  onKeysDestroyed: () => void = () => undefined,
): Promise<LedgerResult> {
  const ledger = (await keys?.erasures()) ?? [];
  let destroyed = keys === undefined ? 0 : await destroyAgain(keys, latestOfEach(ledger));
  if (keys !== undefined) onKeysDestroyed();
  const receipts = await receiptsIn(pool);
  const erasures = latestOfEach([...ledger, ...receipts]);
  const known = new Set(ledger.map(({ receipt_id }) => receipt_id));
  for (const receipt of receipts) if (!known.has(receipt.receipt_id)) await keys?.recordErasure(receipt);
  const unknown = erasures.filter(({ receipt_id }) => !known.has(receipt_id));
  if (keys !== undefined) destroyed += await destroyAgain(keys, unknown);
  const again: string[] = [];
  for (let from = 0; from < erasures.length; from += page) {
    for (const { partner_id, erased_at } of await stillThere(pool, erasures.slice(from, from + page))) {
      const session_ids = await sessionsBefore(pool, partner_id, erased_at);
      await eraseRows(pool, { partner_id, before: erased_at, session_ids });
      await contexts.delete(session_ids);
      again.push(partner_id);
    }
  }
  return { partners: erasures.length, erased_again: again, keys_destroyed: destroyed };
}

async function destroyAgain(keys: DataKeys, erasures: readonly Erasure[]): Promise<number> {
  let destroyed = 0;
  for (let from = 0; from < erasures.length; from += page)
    for (const { partner_id, erased_at } of await keys.undone(erasures.slice(from, from + page)))
      destroyed += await keys.destroy(partner_id, erased_at);
  return destroyed;
}

/** The last erasure of each partner, by the ledger and the receipts. @throws KeyStoreUnavailableError */
export async function knownErasures({ pool, keys }: Pick<LedgerPorts, 'pool' | 'keys'>): Promise<Erasure[]> {
  return latestOfEach([...((await keys?.erasures()) ?? []), ...(await receiptsIn(pool))]);
}

async function receiptsIn(pool: Pool): Promise<Erasure[]> {
  const { rows } = await pool.query<{ partner_id: string; erased_at: Date; receipt_id: string }>(
    'SELECT partner_id, erased_at, receipt_id FROM partner_privacy WHERE erased_at IS NOT NULL ORDER BY erased_at',
  );
  return rows.map(({ erased_at, ...row }) => ({ ...row, erased_at: new Date(erased_at).toISOString() }));
}

function latestOfEach(erasures: readonly Erasure[]): Erasure[] {
  const latest = new Map<string, Erasure>();
  for (const erasure of erasures) {
    const other = latest.get(erasure.partner_id);
    if (other === undefined || other.erased_at < erasure.erased_at) latest.set(erasure.partner_id, erasure);
  }
  return [...latest.values()];
}

/** Partners with rows from before their erasure. */
async function stillThere(pool: Pool, erasures: readonly Erasure[]): Promise<Erasure[]> {
  const { rows } = await pool.query<{ partner_id: string }>(
    `SELECT e.partner_id FROM unnest($1::text[], $2::timestamptz[]) AS e (partner_id, erased_at)
     WHERE EXISTS (SELECT FROM conversation_session AS s WHERE s.partner_id = e.partner_id AND s.start_time < e.erased_at)
       OR EXISTS (SELECT FROM reference_index AS r WHERE r.kind = 'partner' AND r.reference = e.partner_id
         AND r.started_at < e.erased_at)`,
    [erasures.map(({ partner_id }) => partner_id), erasures.map(({ erased_at }) => erased_at)],
  );
  const found = new Set(rows.map(({ partner_id }) => partner_id));
  return erasures.filter(({ partner_id }) => found.has(partner_id));
}
