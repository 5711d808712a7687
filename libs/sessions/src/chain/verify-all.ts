import { hash, randomBytes } from 'node:crypto';
import { inParallel } from '#platform';
import { StoreUnavailableError } from '../client/errors.ts';
import type { EventStore } from '../store.ts';
import { sessionOf } from '../streams.ts';
import { bytesOf } from './bytes.ts';
import { linkAfter } from './link.ts';
import type { StreamReport } from './report.ts';
import type { Leaf } from './roots/leaves.ts';
import type { Roots } from './roots/roots.ts';
import type { HistoryKeys } from './signing.ts';
import { verifyEvents, verifySession } from './verify-session.ts';

/** What was found so far. */
export interface Totals {
  sessions: number;
  events: number;
  /** Leaves of signed roots that were compared. */
  leaves: number;
  /** Events that no hash covers, and sessions of which events were removed on record. */
  not_chained: number;
  removed: number;
  faulty: number;
}

interface VerifyOptions {
  /** Called for each session with a fault. */
  readonly onFault: (report: StreamReport) => void;
  /** Called from time to time. */
  readonly onProgress?: (totals: Totals) => void;
  /** Called once when the log cannot be read to its end; then only the sessions that roots know are read besides. */
  readonly onBrokenLog?: (reason: string) => void;
  /** Sessions at a time. */
  readonly atOnce?: number;
}

const batchSize = 256;

/**
 * Checks every session of the store: each leaf of each signed root against the event that it names, and each stream by itself. What is
 * kept in memory is a number for each session, so that none is read twice.
 * @throws StoreUnavailableError
 */
export class VerifyAll {
  readonly totals: Totals = { sessions: 0, events: 0, leaves: 0, not_chained: 0, removed: 0, faulty: 0 };
  private readonly seen = new Set<number>();
  private readonly salt = randomBytes(8).toString('hex');

  constructor(
    private readonly store: EventStore,
    private readonly roots: Roots,
    private readonly keys: HistoryKeys,
    private readonly options: VerifyOptions,
  ) {}

  async run(): Promise<Totals> {
    await this.compareLeaves();
    await this.readStreams();
    this.options.onProgress?.(this.totals);
    return this.totals;
  }

  /** A leaf that does not fit is a matter for the whole session. */
  private async compareLeaves(): Promise<void> {
    for (const root of this.roots.list)
      for (const page of root.stored.pages.keys()) {
        const leaves = await this.roots.leavesAt(root, page);
        await inParallel(leaves, this.atOnce, async (leaf) => {
          this.totals.leaves += 1;
          const [stream] = leaf;
          if (!(await this.isThere(leaf)) && this.isNew(stream)) await this.reportWhole(stream);
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

  private async readStreams(): Promise<void> {
    let batch: string[] = [];
    for await (const stream of this.streams()) {
      batch.push(stream);
      if (batch.length < batchSize) continue;
      await this.verify(batch);
      batch = [];
    }
    await this.verify(batch);
  }

  /** The streams of sessions that were not read yet, as the log names them. */
  private async *streams(): AsyncGenerator<string> {
    try {
      for await (const { streamId } of this.store.readLog(undefined, await this.store.head()))
        if (sessionOf(streamId) !== undefined && this.isNew(streamId)) yield streamId;
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      this.options.onBrokenLog?.(error instanceof Error ? error.message : String(error));
      yield* this.sealedStreams();
    }
  }

  private async *sealedStreams(): AsyncGenerator<string> {
    for (const root of this.roots.list)
      for (const page of root.stored.pages.keys())
        for (const [stream] of await this.roots.leavesAt(root, page)) if (this.isNew(stream)) yield stream;
  }

  private async verify(streams: readonly string[]): Promise<void> {
    await inParallel(streams, this.atOnce, async (stream) => {
      this.add(await verifyEvents(this.store, sessionOf(stream) ?? '', this.roots, this.keys));
    });
    this.options.onProgress?.(this.totals);
  }

  private async reportWhole(stream: string): Promise<void> {
    const report = await verifySession(this.store, sessionOf(stream) ?? '', this.roots, this.keys);
    if (report !== undefined) this.add(report);
  }

  private add(report: StreamReport): void {
    const { totals } = this;
    totals.sessions += 1;
    totals.events += report.events;
    for (const { kind, from, to } of report.gaps)
      if (kind === 'not_chained') totals.not_chained += to - from + 1;
      else totals.removed += 1;
    if (report.intact) return;
    totals.faulty += 1;
    this.options.onFault(report);
  }

  /** Nobody can choose sessions that are taken for one another: the number of each is salted. */
  private isNew(stream: string): boolean {
    const number = Number(hash('sha256', this.salt + stream, 'buffer').readBigUInt64BE() >> 11n);
    if (this.seen.has(number)) return false;
    this.seen.add(number);
    return true;
  }

  private get atOnce(): number {
    return this.options.atOnce ?? 8;
  }
}
