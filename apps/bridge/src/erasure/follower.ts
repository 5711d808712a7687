import { Inject, Injectable, Optional } from '@nestjs/common';
import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { Pool } from 'pg';
import type { ErasureReceipt, PartnerState } from '#domain';
import { elsewhere } from '#domain';
import type { Logger } from '#platform';
import { InjectLogger, retry } from '#platform';
import { DataKeys } from '#privacy';
import {
  announcePartner,
  applyToKeys,
  distrustRows,
  dropPrivacy,
  eraseRows,
  loadPrivacyPosition,
  savePrivacy,
  savePrivacyPosition,
  sessionsBefore,
} from '#read-models';
import {
  CommandExecutor,
  CommandRejectedError,
  EventStore,
  partnerChanges,
  readPartner,
  UnprojectableEventError,
} from '#sessions';
import { actor } from './actor.ts';

/** Erased partners in memory. */
const partnersKept = 10_000;

/**
 * Copies requests about partners' data from their streams into the table that the worker and the processes read. By each receipt,
 * it destroys keys that a restored key store has again.
 * Every bridge does so; writing a row twice changes nothing.
 */
@Injectable()
export class PartnerFollower {
  /** The receipt by which the keys of a partner were destroyed; a key store is restored only while no bridge runs. */
  private readonly applied = new LRUCache<string, string>({ max: partnersKept });

  constructor(
    private readonly store: EventStore,
    @Inject(CommandExecutor) private readonly commands: Pick<CommandExecutor, 'execute'>,
    private readonly pool: Pool,
    private readonly redis: Redis,
    @InjectLogger() private readonly logger: Logger,
    @Optional() @Inject(DataKeys) private readonly keys?: DataKeys,
  ) {}

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const onRetry = (err: unknown, attempt: number): void => {
      if (attempt === 1) this.logger.warn({ err }, 'erasures not known yet');
    };
    const after = await retry(() => loadPrivacyPosition(this.pool), { signal, onRetry });
    if (after === undefined) return;
    let last = after;
    const onInterruption = (err: unknown): void =>
      this.logger.warn({ err }, 'subscription to partners interrupted');
    for await (const { partner_id, position } of partnerChanges(this.store, {
      after,
      signal,
      onInterruption,
    })) {
      const isRestored = last !== null && position < last;
      const write = async (): Promise<void> => {
        if (isRestored) await distrustRows(this.pool);
        if (partner_id !== null) await this.writeIfReadable(partner_id);
        await savePrivacyPosition(this.pool, position);
      };
      await retry(write, { signal, onRetry });
      last = position;
    }
  }

  /** A stream that cannot be read is skipped until its next event, so that other partners do not wait. */
  private async writeIfReadable(partnerId: string): Promise<void> {
    try {
      await this.write(partnerId);
    } catch (err) {
      if (!(err instanceof UnprojectableEventError)) throw err;
      this.logger.error({ err }, 'erasure or hold not known: the stream of the partner cannot be read');
    }
  }

  /**
   * Writes the row of a partner as of the end of its stream; none if the partner is in another cell. After a restore
   * of an older backup rows are removed.
   */
  async write(partnerId: string): Promise<void> {
    const partner = await readPartner(this.store, partnerId);
    const { state } = partner;
    const { privacy = {} } = state;
    if (partner.revision >= 0 && elsewhere(state.home, this.store.cell) !== undefined)
      return dropPrivacy(this.pool, partnerId);
    await savePrivacy(this.pool, partner);
    if (privacy.receipt !== undefined) await this.destroyKeys(partnerId, privacy.receipt);
    if (privacy.erasure?.status === 'restricted') await this.endSessions(state);
    if (privacy.receipt !== undefined && privacy.erasure === undefined) {
      const before = privacy.receipt.erased_at;
      const session_ids = await sessionsBefore(this.pool, partnerId, before);
      if (session_ids.length > 0) await eraseRows(this.pool, { partner_id: partnerId, before, session_ids });
    }
    announcePartner(this.redis, partnerId);
  }

  /** The key store may have been restored to a state before the erasure. */
  private async destroyKeys(partner_id: string, receipt: ErasureReceipt): Promise<void> {
    const { receipt_id, erased_at, after } = receipt;
    if (this.keys === undefined || this.applied.get(partner_id) === receipt_id) return;
    const reason_class = after === 'announcement' ? 'inactivity' : 'request';
    await applyToKeys(this.keys, [{ partner_id, erased_at, receipt_id, reason_class }]);
    this.applied.set(partner_id, receipt_id);
  }

  /** The data of a restricted partner are kept, but nothing may be added to them. */
  private async endSessions({ sessions }: PartnerState): Promise<void> {
    const command = { type: 'EndSession', reason: 'partner_restricted' } as const;
    for (const { session_id } of sessions.filter(({ over }) => !over)) {
      const request = { sessionId: session_id, commands: [command], actor, commandIds: [], body: {} };
      await this.commands.execute(request).catch((error: unknown) => {
        if (!(error instanceof CommandRejectedError || error instanceof UnprojectableEventError)) throw error;
      });
    }
  }
}
