import { randomUUID } from 'node:crypto';
import type { EventData, JSONType } from '@eventstore/db-client';
import { appendToLog } from './append-to-log.ts';
import type { EventStore } from './store.ts';

/** The stream of the retention runs. */
export const retentionStream = 'retention';
const stream = retentionStream;
/** Runs that are kept. */
const kept = 10_000;

/** What a retention run deleted. */
export interface RetentionRun {
  readonly started_at: string;
  readonly finished_at: string;
  /** The cutoff time of each class; null: the class has no limit. */
  readonly before: {
    readonly sessions: string | null;
    readonly partners: string | null;
    readonly access: string | null;
  };
  readonly deleted: { readonly sessions: number; readonly partners: number; readonly access_days: number };
}

/** Records a retention run. @throws StoreUnavailableError */
export async function recordRetentionRun(store: EventStore, run: RetentionRun): Promise<void> {
  const event_id = randomUUID();
  const event: EventData = {
    contentType: 'application/json',
    id: event_id,
    type: 'RetentionRunCompleted',
    data: run as object as JSONType,
    metadata: {
      schema_version: 1,
      occurred_at: run.finished_at,
      actor: { role: 'system', id: 'retention' },
      $correlationId: event_id,
    },
  };
  const last = await store.readLast(stream);
  if (last === undefined) await store.limitStream(stream, kept);
  await appendToLog(store, stream, [event], Number(last?.revision ?? -1));
}

/** The recorded runs, oldest first. */
export async function readRetentionRuns(store: EventStore): Promise<RetentionRun[]> {
  return Array.fromAsync(store.read(stream), ({ data }) => data as unknown as RetentionRun);
}
