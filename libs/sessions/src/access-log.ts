import { randomUUID } from 'node:crypto';
import type { EventData } from '@eventstore/db-client';
import type { AccessEvent, EventMetadata } from '#domain';
import type { Caller } from '#privacy';
import { BatchWriter, uuidV5 } from '#platform';
import { accessStream } from './access-stream.ts';
import { appendToLog } from './append-to-log.ts';
import { StoreUnavailableError } from './errors.ts';
import type { EventStore } from './store.ts';

/** Who accessed personal data or acted as an administrator, when, why and on whose data. */
export interface AccessEntry {
  /** True for an act of an administrator; otherwise a read of personal data. */
  readonly isAct?: boolean;
  readonly caller: Pick<Caller, 'role' | 'subject' | 'instance'> | SystemCaller;
  /** Such as `read_turns` or `erase_partner`. */
  readonly action: string;
  readonly partner_ids: readonly string[];
  readonly session_ids: readonly string[];
  /** The partner of each session of `session_ids`; null: unknown. Needed when there are several partners. */
  readonly session_partners?: readonly (string | null)[];
  readonly purpose?: string | null | undefined;
  /** Further details, without personal data. */
  readonly what?: string | null | undefined;
  readonly correlationId?: string | undefined;
  /** Entries with the same key are one record, whichever node adds them. */
  readonly once?: string | undefined;
}

/** The actor of a program that an operator runs on the machine. */
interface SystemCaller {
  readonly role: 'system';
  readonly subject: string;
  readonly instance: null;
}

interface Waiting {
  readonly entry: AccessEntry;
  readonly at: Date;
  readonly settle: (error?: unknown) => void;
}

/** Namespace of the ids of records that several nodes may add. */
const namespace = '5f0c4d5e-6a0e-4b0c-9d2c-6f7d2a1c9e44';
const batch = {
  capacity: 10_000,
  batchSize: 256,
  batchBytes: 512 * 1_024,
  capacityBytes: 16 * 1_024 * 1_024,
};

/** Records accesses to personal data and acts of administrators durably, before the answer is sent. */
export class AccessLog {
  private readonly stopping = new AbortController();
  private readonly writer: BatchWriter<Waiting>;
  private readonly running: Promise<void>;
  /** The last known revision of today's stream. */
  private last = { stream: '', revision: -1 };

  constructor(private readonly store: EventStore) {
    this.writer = new BatchWriter<Waiting>(
      {
        ...batch,
        sizeOf: ({ entry }) => sizeOf(entry),
        intervalMs: 0,
        passIntervalMs: 60_000,
        write: ({ items }) => this.write(items),
        isTerminal: () => false,
        onRetry: () => undefined,
      },
      this.stopping.signal,
    );
    this.running = this.writer.run();
  }

  /**
   * Resolves when the entry is stored; entries recorded at the same time share an append.
   * @throws StoreUnavailableError, StoreOverloadedError: the entry may not be stored, so no data may be returned
   */
  async record(entry: AccessEntry): Promise<void> {
    if (this.stopping.signal.aborted || this.writer.isFull)
      throw new StoreUnavailableError({ cause: 'the access log is full or closed' });
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: unknown): void => (error === undefined ? resolve() : reject(error));
      void this.writer.push({ entry, at: new Date(), settle });
    });
  }

  /** Takes no more entries. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** A failed batch is not retried: its callers get the error. */
  private async write(items: readonly Waiting[]): Promise<void> {
    try {
      const events = items.map(({ entry, at }) => toEvent(entry, at));
      // The same id twice in one append would be an error.
      await this.append([...new Map(events.map((event) => [event.id, event])).values()]);
      for (const { settle } of items) settle();
    } catch (error) {
      for (const { settle } of items) settle(error);
    }
  }

  private async append(events: readonly EventData[]): Promise<void> {
    const stream = accessStream(new Date());
    if (this.last.stream !== stream) this.last = { stream, revision: -1 };
    const revision = await appendToLog(this.store, stream, events, this.last.revision);
    this.last = { stream, revision };
  }
}

function sizeOf({ partner_ids, session_ids, session_partners = [] }: AccessEntry): number {
  return 512 + 64 * (partner_ids.length + session_ids.length + session_partners.length);
}

function toEvent(entry: AccessEntry, at: Date): EventData {
  const {
    caller,
    action,
    partner_ids,
    session_ids,
    session_partners,
    purpose = null,
    what = null,
    once,
  } = entry;
  const { role, subject, instance } = caller;
  const type: AccessEvent['type'] = entry.isAct ? 'AdminActed' : 'PersonalDataAccessed';
  const id = once === undefined ? randomUUID() : uuidV5(once, namespace);
  const data: AccessEvent['data'] = {
    role,
    subject,
    instance,
    action,
    partner_ids,
    session_ids,
    ...(session_partners && { session_partners }),
    purpose,
    what,
  };
  const metadata: Omit<EventMetadata, 'actor'> = {
    schema_version: 1,
    occurred_at: at.toISOString(),
    $correlationId: entry.correlationId ?? id,
  };
  return { contentType: 'application/json', id, type, data, metadata };
}
