import { inParallel } from '#platform';
import { StoreUnavailableError } from '../client/errors.ts';
import type { EventStore } from '../store.ts';
import { sessionOf } from '../streams.ts';
import { bytesOf } from './bytes.ts';
import { linkAfter } from './link.ts';
import { FollowedLog } from './followed-log.ts';
import type { StreamReport } from './report.ts';
import type { Leaf } from './roots/leaves.ts';
import type { Roots } from './roots/roots.ts';
import type { HistoryKeys } from './signing.ts';
import { verifyEvents, verifySession } from './verify-session.ts';

/** The results so far. */
export interface Totals {
  sessions: number;
  events: number;
  /** Leaves of signed roots that were compared so far. */
  leaves: number;
  /** Events that no hash covers, and sessions with recorded removals. */
  not_chained: number;
  removed: number;
  faulty: number;
}

interface VerifyOptions {
  /** Called for each session with a fault. */
  readonly onFault: (report: StreamReport) => void;
  /** Called periodically. */
  readonly onProgress?: (totals: Totals) => void;
  /** Called once when the log cannot be read to its end; then only the sessions that roots cover are read in addition. */
  readonly onBrokenLog?: (reason: string) => void;
  /** Sessions checked at a time. */
  readonly atOnce?: number;
}

/** Sessions read separately at a time, and events of the log between two progress reports. */
const batchSize = 256;
const progressEvery = 20_000;

/**
 * Checks every session of the store: each leaf of each signed root against the event that it names, and each event against its
 * predecessor, in the order of the log. A session with a mismatch is read separately, and that result counts.
 * @throws StoreUnavailableError
 */
export class VerifyAll {
  readonly totals: Totals = { sessions: 0, events: 0, leaves: 0, not_chained: 0, removed: 0, faulty: 0 };
  /** Sessions that were read separately, or will be. */
  private readonly judged = new Set<string>();

  constructor(
    private readonly store: EventStore,
    private readonly roots: Roots,
    private readonly keys: HistoryKeys,
    private readonly options: VerifyOptions,
  ) {}

  async run(): Promise<Totals> {
    await this.compareLeaves();
    try {
      await this.followLog();
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      this.options.onBrokenLog?.(error instanceof Error ? error.message : String(error));
      await this.readSealed();
    }
    this.options.onProgress?.(this.totals);
    return this.totals;
  }

  /** A mismatching leaf makes the whole session suspect. */
  private async compareLeaves(): Promise<void> {
    for (const root of this.roots.list)
      for (const page of root.stored.pages.keys()) {
        const leaves = await this.roots.leavesAt(root, page);
        await inParallel(leaves, this.atOnce, async (leaf) => {
          this.totals.leaves += 1;
          const [stream] = leaf;
          if (!(await this.isThere(leaf)) && this.isNew(stream)) await this.reportWhole(stream, [leaf]);
        });
        this.options.onProgress?.(this.totals);
      }
  }

  private async isThere([stream, revision, chain]: Leaf): Promise<boolean> {
    try {
      const [event] = await Array.fromAsync(this.store.readExact(stream, { from: revision, limit: 1 }));
      const isSame = event !== undefined && Number(event.revision) === revision;
      return isSame && linkAfter(stream, bytesOf(event)) === chain;
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      return false;
    }
  }

  private async followLog(): Promise<void> {
    const log = new FollowedLog(this.roots.mayBeUnchained);
    const doubtful: string[] = [];
    for await (const event of this.store.readLog(undefined, await this.store.head())) {
      const { doubt, sessions, events, unchained } = log.take(event);
      this.totals.sessions += sessions;
      this.totals.events += events;
      this.totals.not_chained += unchained;
      if (doubt !== undefined && this.isNew(doubt)) doubtful.push(doubt);
      if (doubtful.length >= batchSize) await this.judge(doubtful.splice(0));
      if (events > 0 && this.totals.events % progressEvery === 0) this.options.onProgress?.(this.totals);
    }
    await this.judge(doubtful);
  }

  /** Fallback when the log cannot be followed to its end: checks the sessions that roots cover. */
  private async readSealed(): Promise<void> {
    for (const root of this.roots.list)
      for (const page of root.stored.pages.keys()) {
        const leaves = await this.roots.leavesAt(root, page);
        await this.judge(leaves.map(([stream]) => stream).filter((stream) => this.isNew(stream)));
        this.options.onProgress?.(this.totals);
      }
  }

  private async judge(streams: readonly string[]): Promise<void> {
    await inParallel(streams, this.atOnce, async (stream) => {
      const report = await verifyEvents(this.store, sessionOf(stream) ?? '', this.roots, this.keys);
      if (report.intact) this.add(report);
      else await this.reportWhole(stream);
    });
  }

  /** @param leaves leaves that do not match, whether or not the roots find them again */
  private async reportWhole(stream: string, leaves: readonly Leaf[] = []): Promise<void> {
    const report = await verifySession(this.store, sessionOf(stream) ?? '', this.roots, this.keys, leaves);
    if (report !== undefined) this.add(report);
  }

  /** Counts gaps and faults only: events are counted while the log is read. Faults of roots are reported by the roots. */
  private add(report: StreamReport): void {
    if (report.gaps.some(({ kind }) => kind !== 'not_chained')) this.totals.removed += 1;
    if (report.faults.length === 0) return;
    this.totals.faulty += 1;
    this.options.onFault(report);
  }

  private isNew(stream: string): boolean {
    if (this.judged.has(stream)) return false;
    this.judged.add(stream);
    return true;
  }

  private get atOnce(): number {
    return this.options.atOnce ?? 8;
  }
}
