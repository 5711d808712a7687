import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { DataKeys } from '#privacy';
import type { HealthChecks } from '#platform';
import { RedisSubscriber, repeat, withTimeout } from '#platform';
import type { SessionMemory } from '../context/session-memory.ts';
import { closedPartners } from './partner-privacy.ts';
import { sessionsByPartner } from './rows.ts';

/** Redis channel that announces a change of a partner's privacy state. The message is the partner's id. */
const channel = 'partner:changed';
/** How often the table is read: messages may be lost. */
const pollMs = 2_000;
/** How long the process waits for the first read before it serves. */
const firstMs = 2_000;
/** Partners whose sessions are read at once. */
const atOnce = 1_000;
/** Tolerance for clocks and overlapping transactions: changes slightly before the last row are read again. */
const overlapMs = 10_000;

/** Tells all processes, once the table says so too, that a partner was erased or restricted. Not awaited. */
export function announcePartner(redis: Redis, partnerId: string): void {
  redis.publish(channel, partnerId).catch(() => undefined);
}

/**
 * Which partners are closed to all but the role RESTRICTED_ROLE, from the table. When a partner is erased or restricted, this process
 * drops its cached data of the partner: on the message, or at the next read of the table; keys live for minutes anyway.
 */
export class PrivacyWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** The closed partners, with the sessions of each: no new ones can start. */
  private readonly closed = new Map<string, readonly string[]>();
  private readonly closedSessions = new Set<string>();
  private readonly stopping = new AbortController();
  private subscriber: RedisSubscriber | undefined;
  private running: Promise<void> | undefined;
  private after: string | null = null;
  private known = false;
  private readonly seen = new Map<string, string>();

  constructor(
    private readonly redis: Redis,
    private readonly pool: Pool,
    private readonly sessions: SessionMemory,
    private readonly keys: DataKeys | undefined,
    health: HealthChecks,
  ) {
    health.addCheck('restrictions', async () => {
      if (!this.known) throw new Error('It is not known yet which partners are restricted.');
    });
  }

  /** Whether the table was read: before that, any partner may be closed. */
  get isKnown(): boolean {
    return this.known;
  }

  /** Whether the partner's data are restricted by law or being erased. */
  isClosed(partnerId: string): boolean {
    return this.closed.has(partnerId);
  }

  /** Whether a session belongs to a closed partner, as far as the table knows the session. */
  isClosedSession(sessionId: string): boolean {
    return this.closedSessions.has(sessionId);
  }

  get hasClosed(): boolean {
    return this.closed.size > 0;
  }

  async onApplicationBootstrap(): Promise<void> {
    this.subscriber = new RedisSubscriber({
      redis: this.redis,
      channels: [channel],
      onMessage: (_, partnerId) => {
        this.forget(partnerId);
        void this.read().catch(() => undefined);
      },
    });
    const { signal } = this.stopping;
    const poll = (): Promise<void> =>
      repeat(() => this.read(), { everyMs: pollMs, signal, onError: () => undefined });
    const first = this.read().catch(() => undefined);
    this.running = first.then(poll);
    await withTimeout(first, firstMs, () => new Error('PostgreSQL does not answer.')).catch(() => undefined);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.subscriber?.close();
    await this.running;
  }

  /** Reads the changes of the table. */
  async read(): Promise<void> {
    const { changes, now } = await closedPartners(this.pool, this.after);
    const ids = changes.flatMap(({ partner_id, closed }) => (closed ? [partner_id] : []));
    const sessions = new Map<string, readonly string[]>();
    for (let from = 0; from < ids.length; from += atOnce)
      for (const [id, ofPartner] of await sessionsByPartner(this.pool, ids.slice(from, from + atOnce)))
        sessions.set(id, ofPartner);
    for (const { partner_id, closed, changed_at } of changes) {
      this.close(partner_id, closed ? (sessions.get(partner_id) ?? []) : undefined);
      if (this.seen.get(partner_id) === changed_at) continue;
      this.seen.set(partner_id, changed_at);
      this.forget(partner_id);
    }
    this.known = true;
    this.after = new Date(Date.parse(now) - overlapMs).toISOString();
    for (const [partnerId, at] of this.seen) if (at < this.after) this.seen.delete(partnerId);
  }

  /** @param ids the sessions of a partner who is closed */
  private close(partnerId: string, ids: readonly string[] | undefined): void {
    for (const id of this.closed.get(partnerId) ?? []) this.closedSessions.delete(id);
    this.closed.delete(partnerId);
    if (ids === undefined) return;
    this.closed.set(partnerId, ids);
    for (const id of ids) this.closedSessions.add(id);
  }

  private forget(partnerId: string): void {
    this.keys?.forget(partnerId);
    for (const id of this.sessions.ids())
      if (this.sessions.peek(id)?.state.identity.partner_id === partnerId) this.sessions.delete(id);
  }
}
