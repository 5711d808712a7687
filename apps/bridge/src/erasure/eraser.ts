import { Inject, Injectable, Optional } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import type { CheckedStore, Erasure, ErasureReceipt } from '#domain';
import { Config, inParallel, Semaphore, sleep, uuidV5, waitUntil } from '#platform';
import { DataKeys, RetentionConfig } from '#privacy';
import {
  announcePartner,
  ContextStore,
  countRows,
  countWithdrawn,
  eraseRows,
  exportsOf,
  forksOf,
  projectedUntil,
  savePrivacy,
  sessionsBefore,
  withdrawExports,
} from '#read-models';
import {
  CommandExecutor,
  commandPartner,
  EventStore,
  HistoryConfig,
  logErasures,
  partnerStream,
  readPartner,
} from '#sessions';
import { actor } from './actor.ts';
import { ErasedSessions } from './erased-sessions.ts';

type Requested = Extract<Erasure, { status: 'requested' }>;

/** Thrown when a part of an erasure is not done yet, so that it is retried. */
export class NotErasedYetError extends Error {
  override readonly name = 'NotErasedYetError';
}

/** Called before each step: specs simulate a crash there. */
export type Step =
  | 'sessions'
  | 'keys'
  | 'redis'
  | 'rows'
  | 'partner_stream'
  | 'projections'
  | 'check'
  | 'replicas'
  | 'receipt';
export type OnStep = (step: Step) => void | Promise<void>;

const sessionsAtOnce = 8;
/** Partners whose data are erased concurrently; any number may wait for the replicas. */
const partnersAtOnce = 2;
/** How long an attempt waits for the projectors. */
const projectedMs = 3_000;
const dayMs = 86_400_000;

/**
 * Erases a partner whose erasure has begun. Each step may be repeated, and none is remembered: after a crash all of
 * them run again. The receipt is written last, when every store was queried and has nothing left.
 */
@Injectable()
export class Eraser {
  private readonly working = new Semaphore(partnersAtOnce);

  constructor(
    private readonly store: EventStore,
    private readonly commands: CommandExecutor,
    private readonly contexts: ContextStore,
    private readonly redis: Redis,
    private readonly pool: Pool,
    @Inject(RetentionConfig) private readonly config: Pick<RetentionConfig, 'keyBackupDays'>,
    @Inject(HistoryConfig) private readonly history: Pick<HistoryConfig, 'signer'>,
    @Inject(Config) private readonly reads: Pick<Config, 'databaseReads'>,
    @Optional() @Inject(DataKeys) private readonly keys?: DataKeys,
  ) {}

  /** How long an erasure waits before its receipt, in milliseconds. */
  get waitsMs(): number {
    return this.reads.databaseReads?.maxAgeMs ?? 0;
  }

  /**
   * @param signal ends the wait for the replicas, and so the attempt
   * @returns the receipt; undefined: no erasure is in progress
   * @throws NotErasedYetError, or when a store does not answer: retry later
   */
  async erase(
    partnerId: string,
    onStep: OnStep = () => undefined,
    signal?: AbortSignal,
  ): Promise<ErasureReceipt | undefined> {
    const receipt = await this.working.run(() => this.eraseData(partnerId, onStep));
    if (receipt === undefined) return undefined;
    await onStep('replicas');
    // No replica answers with data older than this: from now on no read shows erased data.
    await sleep(this.waitsMs, signal);
    if (signal?.aborted)
      throw new NotErasedYetError('The process ends before the replicas are known to have caught up.');
    await onStep('receipt');
    // Before the receipt, so that each receipt is listed: by the list, a restored key store is recognised.
    await logErasures(this.store, [{ ...receipt, partner_id: partnerId }]);
    return this.finish(partnerId, { ...receipt, exports: await exportsOf(this.pool, partnerId) });
  }

  /** The content of the receipt; undefined: no erasure is in progress. */
  private async eraseData(partnerId: string, onStep: OnStep): Promise<ErasureReceipt | undefined> {
    const partner = await readPartner(this.store, partnerId);
    const erasure = partner.state.privacy?.erasure;
    if (erasure?.status !== 'requested') return undefined;
    await onStep('sessions');
    const { signer } = this.history;
    const sessions = new ErasedSessions(this.store, this.commands, partnerId, erasure.erasure_id, signer);
    const known = await sessionsBefore(this.pool, partnerId, new Date().toISOString());
    const forked = await forksOf(this.pool, partnerId);
    await sessions.end([...known, ...forked, ...partner.state.sessions.map(({ session_id }) => session_id)]);
    await onStep('keys');
    // Taken before the stream is read: another bridge may finish the erasure, and the partner begin anew.
    const now = new Date().toISOString();
    if (!(await this.isUnderWay(partnerId, erasure))) return undefined;
    const destroyed = await this.destroyKeys(partnerId, now, erasure);
    if (destroyed === undefined) return undefined;
    const { receipt_id, ended_at, keys_destroyed } = destroyed;
    announcePartner(this.redis, partnerId);
    await onStep('redis');
    await this.contexts.delete(sessions.ids);
    await onStep('rows');
    const erased = { partner_id: partnerId, before: ended_at, session_ids: sessions.ids };
    await eraseRows(this.pool, erased);
    await withdrawExports(this.pool, partnerId);
    await onStep('partner_stream');
    // Events appended meanwhile hold nothing that the latest event does not hold.
    const { revision } = await readPartner(this.store, partnerId);
    await this.store.truncateStream(partnerStream(partnerId), revision);
    await onStep('projections');
    await this.projected(ended_at);
    await onStep('check');
    const forks = await forksOf(this.pool, partnerId);
    if (forks.some((id) => !sessions.revisions.has(id)))
      throw new NotErasedYetError('A fork was found that the table did not have before.');
    const checked = [
      ...(await this.checkKeys(partnerId)),
      ...(await sessions.check()),
      ...(await this.checkContexts(sessions)),
      ...(await countRows(this.pool, erased)).map(({ table, left }) => check('postgresql', table, left)),
      ...(await this.checkExports(partnerId)),
    ];
    const left = checked.filter((item) => item.left > 0);
    if (left.length > 0)
      throw new NotErasedYetError(`left: ${left.map(({ store, what }) => `${store} ${what}`).join(', ')}`);
    const { status: _status, ...request } = erasure;
    return {
      ...request,
      receipt_id,
      erased_at: ended_at,
      sessions: sessions.ids.length,
      keys_destroyed,
      last_key_copy_gone_on: this.lastKeyCopy(ended_at),
      checked,
    };
  }

  private async isUnderWay(partnerId: string, { erasure_id }: Requested): Promise<boolean> {
    const { privacy } = (await readPartner(this.store, partnerId)).state;
    return privacy?.erasure?.erasure_id === erasure_id;
  }

  /**
   * Writes the ledger first: from there on the partner gets no key, and if the process dies here, the keys are
   * destroyed at the next start. Keys created after a faster bridge has finished are left alone: then the result is
   * undefined. If the erasure was already done, and the event store was restored to a state within it, another
   * receipt ends the keys created since.
   */
  private async destroyKeys(
    partner_id: string,
    now: string,
    erasure: Requested,
  ): Promise<(Pick<ErasureReceipt, 'receipt_id' | 'keys_destroyed'> & { ended_at: string }) | undefined> {
    const { keys } = this;
    const reason_class = erasure.after === 'announcement' ? 'inactivity' : 'request';
    for (
      let receipt_id = uuidV5('receipt', erasure.erasure_id);
      ;
      receipt_id = uuidV5('receipt', receipt_id)
    ) {
      if (keys === undefined) return { receipt_id, ended_at: now, keys_destroyed: 0 };
      const before = await keys.beginErasure({ partner_id, erased_at: now, receipt_id, reason_class });
      const keys_destroyed = await keys.destroy(partner_id, before);
      // An earlier attempt has set an earlier time.
      const ended_at = before > now ? before : now;
      const isLast = (await keys.lastErasure(partner_id)) === receipt_id;
      if (isLast && (await keys.madeAt(partner_id)) === undefined)
        return { receipt_id, ended_at, keys_destroyed };
      if (!(await this.isUnderWay(partner_id, erasure))) return undefined;
    }
  }

  private async projected(since: string): Promise<void> {
    const isSeen = async (): Promise<boolean> => ((await projectedUntil(this.pool)) ?? '') >= since;
    // Waits within the attempt, since each attempt sets a new time and the projectors report their progress only once
    // a second.
    await waitUntil(isSeen, { timeoutMs: projectedMs, everyMs: 100 }).catch((cause: unknown) => {
      throw new NotErasedYetError('The projectors have not projected the end of the sessions yet.', {
        cause,
      });
    });
  }

  private async checkKeys(partnerId: string): Promise<CheckedStore[]> {
    if (this.keys === undefined) return [];
    return [check('key_store', 'data_key', (await this.keys.madeAt(partnerId)) === undefined ? 0 : 1)];
  }

  /** A context that exists again holds only the remains of an erased session. */
  private async checkContexts({ ids, revisions }: ErasedSessions): Promise<CheckedStore[]> {
    let left = 0;
    await inParallel(ids, sessionsAtOnce, async (id) => {
      const [revision = -1] = await this.contexts.revisions([id]);
      if (revision >= 0 && revision < (revisions.get(id) ?? Infinity)) left += 1;
    });
    return [check('redis', 'contexts', left)];
  }

  /**
   * An api node removes the files. A file still being written holds data of the partner only if that was recorded
   * before.
   */
  private async checkExports(partnerId: string): Promise<CheckedStore[]> {
    await withdrawExports(this.pool, partnerId);
    return [check('exports', 'files', await countWithdrawn(this.pool, partnerId))];
  }

  private lastKeyCopy(erasedAt: string): string | null {
    if (this.keys === undefined) return null;
    return new Date(Date.parse(erasedAt) + this.config.keyBackupDays * dayMs).toISOString().slice(0, 10);
  }

  private async finish(partner_id: string, receipt: ErasureReceipt): Promise<ErasureReceipt> {
    const context = { actor, $correlationId: receipt.erasure_id };
    const command = { type: 'FinishErasure', partner_id, receipt } as const;
    const { privacy = {} } = await commandPartner(this.store, command, context);
    await savePrivacy(this.pool, await readPartner(this.store, partner_id));
    announcePartner(this.redis, partner_id);
    return privacy.receipt ?? receipt;
  }
}

export function check(store: string, what: string, left: number): CheckedStore {
  return { store, what, left, checked_at: new Date().toISOString() };
}
