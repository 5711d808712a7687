import { randomUUID } from 'node:crypto';
import type { EventData } from '@eventstore/db-client';
import { appendToLog } from './append-to-log.ts';
import type { EventStore } from './store.ts';

/** The stream that lists all erasures, so that they can be compared with the ledger of a key store. */
export const erasureStream = 'erasures';
/** Erasures in one event. */
const perEvent = 500;

/** An erasure that was done: the ids and the time of its receipt. */
export interface LoggedErasure {
  readonly partner_id: string;
  /** ISO 8601. */
  readonly erased_at: string;
  readonly receipt_id: string;
}

/** Lists erasures. None: only begins the list. @throws StoreUnavailableError */
export async function logErasures(store: EventStore, erasures: readonly LoggedErasure[]): Promise<void> {
  const lists = Array.from({ length: Math.max(1, Math.ceil(erasures.length / perEvent)) }, (_, n) =>
    erasures.slice(n * perEvent, (n + 1) * perEvent),
  );
  for (const list of lists) await append(store, list);
}

async function append(store: EventStore, erasures: readonly LoggedErasure[]): Promise<void> {
  const id = randomUUID();
  const event: EventData = {
    contentType: 'application/json',
    id,
    type: 'ErasuresLogged',
    data: {
      erasures: erasures.map(({ partner_id, erased_at, receipt_id }) => ({
        partner_id,
        erased_at,
        receipt_id,
      })),
    },
    metadata: {
      schema_version: 1,
      occurred_at: new Date().toISOString(),
      actor: { role: 'system', id: 'erasure' },
      $correlationId: id,
    },
  };
  const last = await store.readLast(erasureStream);
  await appendToLog(store, erasureStream, [event], Number(last?.revision ?? -1));
}

/** The listed erasures, in no particular order, some of them twice; undefined: the list has not begun. @throws StoreUnavailableError */
export async function loggedErasures(store: EventStore): Promise<readonly LoggedErasure[] | undefined> {
  let listed: LoggedErasure[] | undefined;
  for await (const { data } of store.read(erasureStream))
    (listed ??= []).push(...(data as unknown as { readonly erasures: readonly LoggedErasure[] }).erasures);
  return listed;
}
