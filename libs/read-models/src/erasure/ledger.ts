import type { Pool } from 'pg';
import { withTimeout } from '#platform';
import type { DataKeys, Erasure } from '#privacy';
import type { ErasureList, EventStore } from '#sessions';
import { loggedErasures } from '#sessions';
import type { ContextStore } from '../context/store.ts';
import { eraseRows, sessionsBefore } from './rows.ts';

interface LedgerPorts {
  readonly pool: Pool;
  readonly contexts: ContextStore;
  readonly store: EventStore;
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

const nothing: ErasureList = { erasures: [], complete: false };
/** How long PostgreSQL has to answer before the list of erasures in the event store alone decides. */
const receiptsMs = 1_000;

/**
 * Compares the ledger of the key store, the list of erasures in the event store and the receipts with the stores, and repeats
 * erasures whose data came back with a backup. All are needed: any of these stores may be what was restored.
 * @param onKeysDestroyed called once the keys of all erased partners are destroyed, by all of the three or, when PostgreSQL does not
 * answer, by the first two: their data can no longer be read
 * @throws KeyStoreUnavailableError, StoreUnavailableError
 */
export async function applyErasures(
  { pool, contexts, store, keys }: LedgerPorts,
  onKeysDestroyed: () => void = () => undefined,
): Promise<LedgerResult> {
  const ledger = (await keys?.erasures()) ?? [];
  const listed = keys === undefined ? nothing : await missingIn(ledger, store);
  const known = [...ledger, ...listed.erasures];
  let destroyed = keys === undefined ? 0 : await applyToKeys(keys, listed.erasures, known);
  const reading = receiptsIn(pool);
  if (listed.complete)
    await withTimeout(reading, receiptsMs, () => new Error('PostgreSQL does not answer.')).catch(
      onKeysDestroyed,
    );
  const receipts = await reading;
  const erasures = latestOfEach([...known, ...receipts]);
  const ids = new Set(known.map(({ receipt_id }) => receipt_id));
  const unknown = receipts.filter(({ receipt_id }) => !ids.has(receipt_id));
  if (keys !== undefined) {
    destroyed += await applyToKeys(keys, unknown);
    onKeysDestroyed();
  }
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

/** The erasures that the event store lists and the ledger lacks, and whether the list is complete. */
async function missingIn(ledger: readonly Erasure[], store: EventStore): Promise<ErasureList> {
  const { erasures, complete } = await loggedErasures(store);
  const ids = new Set(ledger.map(({ receipt_id }) => receipt_id));
  // Bridges that start at the same time may list the same ones.
  const missing = new Map(erasures.map((erasure) => [erasure.receipt_id, erasure]));
  return { erasures: [...missing.values()].filter(({ receipt_id }) => !ids.has(receipt_id)), complete };
}

/**
 * Records erasures that the ledger may lack, and destroys the keys from before them that a restored key store has again.
 * @param known all erasures whose keys to destroy
 * @returns how many keys were destroyed
 * @throws KeyStoreUnavailableError
 */
export async function applyToKeys(
  keys: DataKeys,
  lacking: readonly Erasure[],
  known: readonly Erasure[] = lacking,
): Promise<number> {
  for (const erasure of lacking) await keys.recordErasure(erasure);
  const erasures = latestOfEach(known);
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
