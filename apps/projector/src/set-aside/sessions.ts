import type { Lease } from '#partitions';
import { inParallel } from '#platform';
import type { Deletion, Owner, Positioned, SetAside } from '#read-models';
import {
  countSetAsideLastMinute,
  foldAsFarAsPossible,
  LeaseLostError,
  listSetAside,
  rewriteSession,
  setAsideEntry,
  unlist,
} from '#read-models';
import type { UnprojectableEventError } from '#sessions';
import type { PartitionDependencies } from '../common/dependencies.ts';

/** Thrown when so many sessions were set aside within a minute that their events are hardly the cause. */
export class PartitionStoppedError extends Error {
  constructor(partition: number, count: number) {
    super(`Partition ${partition} stopped: ${count} of its sessions were set aside within a minute.`);
  }
}

/** Runs work while no batch of rows is being written. */
export type Exclusively = <T>(work: () => Promise<T>) => Promise<T>;

const atOnce = 4;

/**
 * The set-aside sessions of a partition: the list in PostgreSQL, cached in memory while the partition is owned, with
 * markers in their contexts. Row and context of such a session stay as they were before its event.
 */
export class SetAsideSessions {
  private readonly entries = new Map<string, SetAside>();
  private readonly owner: Owner;

  constructor(
    private readonly deps: PartitionDependencies,
    private readonly lease: Lease,
  ) {
    this.owner = { partition: lease.partition, epoch: lease.epoch, owner: deps.settings.instance };
  }

  get size(): number {
    return this.entries.size;
  }

  /** Whether an event belongs to a session that is set aside at this event or an earlier one. */
  covers(sessionId: string, revision: number): boolean {
    if (this.entries.size === 0) return false;
    const entry = this.entries.get(sessionId);
    return entry !== undefined && revision >= entry.revision;
  }

  /** A session whose event is deleted is no longer set aside. */
  forget({ session_id, before }: Deletion): void {
    if (this.covers(session_id, before - 1)) this.entries.delete(session_id);
  }

  /** Reads the list. */
  async load(): Promise<void> {
    for (const entry of await listSetAside(this.deps.pool, this.lease.prefixes)) {
      this.entries.set(entry.session_id, entry);
    }
  }

  /**
   * Retries sessions, while nothing else is written: those that can be projected now are rebuilt from their stream
   * and removed from the list. By default all of them.
   * @returns whether each could be tried
   * @throws LeaseLostError
   */
  async retry(sessionIds?: readonly string[]): Promise<boolean> {
    if (sessionIds && sessionIds.length > 0) await this.load();
    const entries = [...this.entries.values()].filter(
      ({ session_id }) => sessionIds === undefined || sessionIds.includes(session_id),
    );
    let complete = true;
    await inParallel(entries, atOnce, async (entry) => {
      try {
        await this.retryOne(entry);
      } catch (err) {
        if (err instanceof LeaseLostError) throw err;
        complete = false;
        this.deps.logger.warn({ err, session_id: entry.session_id }, 'set-aside session not tried');
      }
    });
    return complete;
  }

  /** Sets sessions aside at events that their context cannot fold; `items` is the batch with those events. */
  async add(
    failures: readonly UnprojectableEventError[],
    items: readonly Positioned[],
    exclusively: Exclusively,
  ): Promise<void> {
    const entries: SetAside[] = [];
    for (const failure of failures) {
      const { session_id: id, revision } = failure;
      if (id === null || this.covers(id, revision)) continue;
      const item = items.find(({ session_id, event }) => session_id === id && event.revision === revision);
      const { events } = await foldAsFarAsPossible(this.deps.store, id, revision);
      const found = setAsideEntry(id, failure, failure, item?.position);
      await exclusively(async () => {
        const { pool, keys, textSearch } = this.deps;
        const { scope } = textSearch;
        const entry = (await rewriteSession(pool, this.owner, id, events, found, keys, scope)) ?? found;
        // Before the next batch of rows, which leaves the session out.
        this.entries.set(id, entry);
        entries.push(entry);
      });
    }
    await this.added(entries);
  }

  /** Adds sessions that are now in the list. @throws PartitionStoppedError */
  async added(entries: readonly SetAside[]): Promise<void> {
    if (entries.length === 0) return;
    const { logger, pool, settings } = this.deps;
    for (const entry of entries) {
      this.entries.set(entry.session_id, entry);
      logger.error(entry, 'session set aside');
    }
    await this.note(entries);
    const { partition, prefixes } = this.lease;
    const count = await countSetAsideLastMinute(pool, prefixes).catch(() => 0);
    if (count > settings.setAsidePerMinute) throw new PartitionStoppedError(partition, count);
  }

  /** Marks in their contexts that sessions are set aside; repeated in case Redis lost the markers. Never rejects. */
  async note(entries: Iterable<SetAside> = this.entries.values()): Promise<void> {
    const { contexts, store, logger } = this.deps;
    try {
      const ahead = await contexts.noteSetAside([...entries]);
      await inParallel(ahead, atOnce, async (entry) => {
        const { session, commands, failure } = await foldAsFarAsPossible(
          store,
          entry.session_id,
          entry.revision,
        );
        if (failure === null) await contexts.restoreBefore(entry, session, commands);
      });
    } catch (err) {
      logger.warn({ err }, 'set-aside sessions not noted in their contexts');
    }
  }

  private async retryOne(entry: SetAside): Promise<void> {
    const { store, contexts, pool, logger, keys, textSearch } = this.deps;
    const { session_id: id, since } = entry;
    const { session, commands, events, failure } = await foldAsFarAsPossible(store, id);
    const still = await rewriteSession(
      pool,
      this.owner,
      id,
      events,
      failure && setAsideEntry(id, failure, failure),
      keys,
      textSearch.scope,
    );
    if (still) {
      const position = still.revision === entry.revision ? entry.position : null;
      this.entries.set(id, { ...still, position, since });
      return;
    }
    if (session.revision >= 0) await contexts.restore(session, commands);
    await unlist(pool, this.owner, id);
    this.entries.delete(id);
    logger.info({ session_id: id, revision: session.revision }, 'set-aside session restored');
  }
}
