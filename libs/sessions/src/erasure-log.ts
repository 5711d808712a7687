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

/** The data of an event of the list. */
interface ListEvent {
  readonly erasures: readonly LoggedErasure[];
  /** Set once the list has all earlier ones. */
  readonly complete?: true;
}

/** All that is listed. */
export interface ErasureList {
  /** In no particular order, some of them twice. */
  readonly erasures: readonly LoggedErasure[];
  /** Whether it has those of earlier releases, too, which did not list them. */
  readonly complete: boolean;
}

/** Lists erasures. @throws StoreUnavailableError */
export async function logErasures(store: EventStore, erasures: readonly LoggedErasure[]): Promise<void> {
  for (let from = 0; from < erasures.length; from += perEvent)
    await append(store, { erasures: erasures.slice(from, from + perEvent) });
}

/** Lists those that the list lacks, and then says that it is complete. @throws StoreUnavailableError */
export async function completeErasures(store: EventStore, missing: readonly LoggedErasure[]): Promise<void> {
  const last = Math.max(0, missing.length - perEvent);
  await logErasures(store, missing.slice(0, last));
  await append(store, { erasures: missing.slice(last), complete: true });
}

async function append(store: EventStore, { erasures, ...more }: ListEvent): Promise<void> {
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
      ...more,
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

/** Reads the whole list. @throws StoreUnavailableError */
export async function loggedErasures(store: EventStore): Promise<ErasureList> {
  const erasures: LoggedErasure[] = [];
  let complete = false;
  for await (const event of store.read(erasureStream)) {
    const data = event.data as unknown as ListEvent;
    erasures.push(...data.erasures);
    complete ||= data.complete === true;
  }
  return { erasures, complete };
}
