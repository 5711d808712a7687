import { randomUUID } from 'node:crypto';
import type { EventData, JSONType } from '@eventstore/db-client';
import type { Caller } from '#privacy';
import { StoreUnavailableError } from './errors.ts';
import type { EventStore } from './store.ts';

/** Who did something, why and to whose data. */
export interface AccessEntry {
  /** An act of an administrator; else a read of personal data. */
  readonly isAct?: boolean;
  readonly caller:
    | Pick<Caller, 'role' | 'subject' | 'instance'>
    | { readonly role: 'system'; readonly subject: string; readonly instance: null };
  /** As `erase_partner`. */
  readonly action: string;
  readonly partner_ids: readonly string[];
  readonly session_ids: readonly string[];
  readonly purpose?: string | null | undefined;
  readonly what?: string | null | undefined;
  readonly correlationId?: string | undefined;
}

const attempts = 50;

/** Records who saw personal data, and what administrators did: durably before the answer leaves. */
export class AccessLog {
  private revision = -1;
  private stream = '';

  constructor(private readonly store: EventStore) {}

  /** Resolves when the entry is stored. @throws StoreUnavailableError */
  async record({ isAct = false, caller, correlationId, ...entry }: AccessEntry): Promise<void> {
    const now = new Date().toISOString();
    const stream = `access-${now.slice(0, 10)}`;
    if (stream !== this.stream) [this.stream, this.revision] = [stream, -1];
    const event_id = randomUUID();
    const event: EventData = {
      contentType: 'application/json',
      id: event_id,
      type: isAct ? 'AdminActed' : 'PersonalDataAccessed',
      data: { purpose: null, what: null, ...entry, ...caller } as object as JSONType,
      metadata: { schema_version: 1, occurred_at: now, $correlationId: correlationId ?? event_id },
    };
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const outcome = await this.store.append(stream, [event], this.revision);
      this.revision = outcome.revision;
      if (outcome.appended) return;
    }
    throw new StoreUnavailableError({ cause: `${stream} changed ${attempts} times meanwhile` });
  }
}
