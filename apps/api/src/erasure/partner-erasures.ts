import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import type { PartnerCommand, PartnerPrivacy } from '#domain';
import type { Logger } from '#platform';
import { InjectLogger } from '#platform';
import type { Caller } from '#privacy';
import { RetentionConfig } from '#privacy';
import { announcePartner, lastContact, savePrivacy } from '#read-models';
import { AccessLog, commandPartner, EventStore, partnerStream, readPartner } from '#sessions';
import { actorOf } from '../common/command-headers.ts';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
import { partnerNotFound } from '../common/problems.ts';

const dayMs = 86_400_000;

/** Requests about partners' data: recorded in the partner's stream first. The bridge carries them out. */
@Injectable()
export class PartnerErasures {
  constructor(
    private readonly store: EventStore,
    private readonly pool: Pool,
    private readonly redis: Redis,
    private readonly breaker: PostgresBreaker,
    private readonly accessLog: AccessLog,
    @Inject(RetentionConfig) private readonly config: Pick<RetentionConfig, 'floorDays'>,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  async get(partnerId: string): Promise<PartnerPrivacy | undefined> {
    return (await readPartner(this.store, partnerId)).state.privacy;
  }

  /** Erases the partner, or restricts it for as long as the data have to be kept. Repeated requests change nothing. */
  async request(partner_id: string, reason: string, caller: Caller): Promise<PartnerPrivacy | undefined> {
    const now = new Date();
    const processed = await this.processedUntil(partner_id, now);
    const { floorDays } = this.config;
    const keep_until =
      floorDays === 0 ? null : new Date(processed.getTime() + floorDays * dayMs).toISOString();
    const requested_at = now.toISOString();
    const request = { erasure_id: randomUUID(), reason, requested_at, requested_by: actorOf(caller) };
    const command = { type: 'RequestErasure', partner_id, request, keep_until } as const;
    return this.command(command, caller, { action: 'erase_partner', purpose: reason });
  }

  /** Withdraws an erasure that is announced, or that waits until the data no longer have to be kept. */
  cancel(partner_id: string, caller: Caller): Promise<PartnerPrivacy | undefined> {
    return this.command({ type: 'CancelErasure', partner_id }, caller, { action: 'cancel_erasure' });
  }

  hold(partner_id: string, reason: string, caller: Caller): Promise<PartnerPrivacy | undefined> {
    const hold = { reason, placed_at: new Date().toISOString(), placed_by: actorOf(caller) };
    const act = { action: 'place_hold', purpose: reason };
    return this.command({ type: 'PlaceHold', partner_id, hold }, caller, act);
  }

  lift(partner_id: string, caller: Caller): Promise<PartnerPrivacy | undefined> {
    return this.command({ type: 'LiftHold', partner_id }, caller, { action: 'lift_hold' });
  }

  /**
   * When the partner's data were last processed: at the last contact; if that is unknown, at the last change of the memory.
   */
  private async processedUntil(partnerId: string, now: Date): Promise<Date> {
    const contact = await this.breaker.run(() => lastContact(this.pool, partnerId));
    if (contact !== null) return contact.active ? now : new Date(contact.at);
    const { state } = await readPartner(this.store, partnerId);
    const last = await this.store.readLast(partnerStream(partnerId));
    if (last === undefined) throw partnerNotFound();
    // No table has the session yet.
    return state.sessions.some(({ over }) => !over) ? now : last.created;
  }

  /** Refused attempts are recorded, too. */
  private async command(
    command: PartnerCommand,
    caller: Caller,
    act: { readonly action: string; readonly purpose?: string },
  ): Promise<PartnerPrivacy | undefined> {
    const { partner_id } = command;
    const context = { actor: actorOf(caller), $correlationId: randomUUID() };
    await this.accessLog.record({ isAct: true, caller, partner_ids: [partner_id], session_ids: [], ...act });
    const { privacy = {} } = await commandPartner(this.store, command, context);
    await this.tell(partner_id);
    return privacy;
  }

  /** The bridge also writes the table from the stream; this is only sooner. */
  private async tell(partnerId: string): Promise<void> {
    try {
      await savePrivacy(this.pool, await readPartner(this.store, partnerId));
      announcePartner(this.redis, partnerId);
    } catch (err) {
      this.logger.warn({ err }, 'the bridge announces the change of the partner');
    }
  }
}
