import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { Pool } from 'pg';
import type { PartnerCommand } from '#domain';
import type { Logger } from '#platform';
import { InjectLogger, inParallel, isUnavailable, repeat, retry } from '#platform';
import type { Erasure } from '#privacy';
import { DataKeys, RetentionConfig } from '#privacy';
import {
  claimDuePartners,
  contactedSince,
  inactivePartners,
  projectedUntil,
  releasePartner,
} from '#read-models';
import {
  CommandRejectedError,
  commandPartner,
  EventStore,
  readPartner,
  UnprojectableEventError,
} from '#sessions';
import { actor } from './actor.ts';
import { Eraser, NotErasedYetError } from './eraser.ts';
import { PartnerFollower } from './follower.ts';
import { eraseRestored, listErasures } from './restored.ts';

const everyMs = 1_000;
const perRound = 16;
/** Partners of one query. */
const perQuery = 100;
/** How long to wait before a partner that is not erased yet is retried (s). */
const retryS = 1;
const hourMs = 3_600_000;

/**
 * Completes erasures: requested ones, announced ones whose time has come, and those of partners whose restriction
 * ends.
 */
@Injectable()
export class ErasureWorker {
  private readonly skipped = new Set<string>();

  constructor(
    private readonly eraser: Eraser,
    private readonly follower: PartnerFollower,
    private readonly store: EventStore,
    private readonly pool: Pool,
    @Inject(RetentionConfig) private readonly config: Pick<RetentionConfig, 'inactiveDays' | 'noticeHours'>,
    @InjectLogger() private readonly logger: Logger,
    @Optional() @Inject(DataKeys) private readonly keys?: DataKeys,
  ) {}

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    let failed = false;
    const onError = (err: unknown): void => {
      if (!failed) this.logger.warn({ err }, 'erasures interrupted');
      failed = true;
    };
    const round = async (): Promise<void> => {
      await this.round(signal);
      failed = false;
    };
    const { store, pool, keys } = this;
    const erase = async (): Promise<void> => {
      // First, so that the list has the earlier erasures before this process adds one.
      const known = await retry(() => listErasures({ store, pool, keys }), {
        signal,
        maxMs: 5_000,
        onRetry: onError,
      });
      if (known === undefined) return;
      failed = false;
      await Promise.all([
        retry(() => this.eraseRestored(known, signal), { signal, maxMs: 30_000, onRetry: onError }),
        repeat(round, { everyMs, signal, onError }),
      ]);
    };
    await Promise.all([erase(), this.announceHourly(signal)]);
  }

  /** One round; returns how many partners were erased. */
  async round(signal?: AbortSignal): Promise<number> {
    await this.cancelContacted();
    let erased = 0;
    await inParallel(
      await claimDuePartners(this.pool, perRound, this.eraser.waitsMs / 1_000),
      perRound,
      async (partnerId) => {
        if (await this.attempt(partnerId, signal)) erased += 1;
      },
      signal,
    );
    return erased;
  }

  private async eraseRestored(known: readonly Erasure[], signal: AbortSignal): Promise<void> {
    const { store, pool } = this;
    const onUnreadable = (partnerId: string, error: UnprojectableEventError): void =>
      this.skip(partnerId, error);
    const { length } = await eraseRestored({ store, pool, signal, onUnreadable }, known);
    if (length > 0)
      this.logger.warn(
        { partners: length },
        'the event store was restored to an earlier state: erasing again',
      );
  }

  private async attempt(partnerId: string, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      const begun = await this.begin(partnerId);
      const receipt = begun ? await this.eraser.erase(partnerId, undefined, signal) : undefined;
      await this.follower.write(partnerId);
      if (receipt !== undefined) this.logger.info({ receipt_id: receipt.receipt_id }, 'partner erased');
      return receipt !== undefined;
    } catch (err) {
      await releasePartner(this.pool, partnerId, retryS);
      if (err instanceof NotErasedYetError) return false;
      if (isUnavailable(err)) throw err;
      // A partner that cannot be erased does not delay the others.
      this.logger.error({ err }, 'partner not erased yet');
      return false;
    }
  }

  /**
   * Begins the erasure; resolves to whether it is in progress. The stream decides, since the table may lag behind. An
   * announced erasure waits until the table has all contacts up to its time.
   */
  private async begin(partner_id: string): Promise<boolean> {
    const { erasure } = (await readPartner(this.store, partner_id)).state.privacy ?? {};
    if (erasure === undefined) return false;
    if (erasure.status === 'announced') {
      if (((await projectedUntil(this.pool)) ?? '') < erasure.due_at)
        throw new NotErasedYetError('The projectors have not projected all contacts yet.');
      if ((await this.cancelContacted(partner_id)) > 0) return false;
    }
    return this.command({ type: 'BeginErasure', partner_id, now: new Date().toISOString() });
  }

  /** Cancels announced erasures of partners with a contact since; returns their number. */
  private async cancelContacted(partnerId?: string): Promise<number> {
    const contacted = await contactedSince(this.pool, perQuery, partnerId);
    for (const partner_id of contacted) await this.change({ type: 'CancelErasure', partner_id });
    return contacted.length;
  }

  /** Scans all partners, so it runs rarely and separately from due erasures. */
  private async announceHourly(signal: AbortSignal): Promise<void> {
    if (this.config.inactiveDays === 0) return;
    const onError = (err: unknown): void => this.logger.warn({ err }, 'inactive partners not announced');
    const announce = (): Promise<void> => this.announceInactive(signal);
    await announce().catch(onError);
    await repeat(announce, { everyMs: hourMs, signal, onError });
  }

  /** Announces the erasure of every partner without contact for the configured time. */
  async announceInactive(signal?: AbortSignal): Promise<void> {
    const { inactiveDays, noticeHours } = this.config;
    const now = Date.now();
    const since = new Date(now - inactiveDays * 24 * hourMs).toISOString();
    const due_at = new Date(now + noticeHours * hourMs).toISOString();
    let last = '';
    for (;;) {
      const partners = await inactivePartners(this.pool, since, last, perQuery);
      for (const partner_id of partners) {
        if (signal?.aborted) return;
        const request = {
          erasure_id: randomUUID(),
          reason: 'inactivity',
          requested_at: new Date(now).toISOString(),
          requested_by: actor,
        };
        await this.change({ type: 'AnnounceErasure', partner_id, request, due_at });
      }
      last = partners.at(-1) ?? '';
      if (partners.length < perQuery) return;
    }
  }

  /** Executes a command on a partner, and writes its row. A partner whose stream cannot be read does not delay the others. */
  private async change(command: PartnerCommand): Promise<void> {
    try {
      await this.command(command);
      await this.follower.write(command.partner_id);
    } catch (err) {
      if (!(err instanceof UnprojectableEventError)) throw err;
      this.skip(command.partner_id, err);
    }
  }

  /** Logged once a partner: the rounds go on. */
  private skip(partnerId: string, err: UnprojectableEventError): void {
    if (!this.skipped.has(partnerId))
      this.logger.error({ err }, 'partner skipped: its stream cannot be read');
    this.skipped.add(partnerId);
  }

  /** Executes a command on a partner; false: the partner's state does not allow it. */
  private async command(command: PartnerCommand): Promise<boolean> {
    try {
      await commandPartner(this.store, command, { actor, $correlationId: randomUUID() });
      return true;
    } catch (error) {
      if (error instanceof CommandRejectedError) return false;
      throw error;
    }
  }
}
