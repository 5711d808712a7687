import type { Pool } from 'pg';
import { partitionPrefixes } from '#partitions';
import { BatchWriter, batchWriterSizes, Semaphore, waitUntil } from '#platform';
import type { DataKeys } from '#privacy';
import type { SetAside, TableItem, TextSearchScope, Writer } from '#read-models';
import {
  buildStandby,
  BulkLoader,
  copySetAside,
  forgetDeleted,
  isDeletion,
  itemOf,
  listSetAside,
  rebuildConnectionSettings,
  rebuildTables,
  RowsStore,
  setAsideEntry,
  sizeOfItem,
} from '#read-models';
import type { Delivery, EventStore } from '#sessions';
import { readSessionLog, subscribeToSessions } from '#sessions';

export interface RebuildProgress {
  readonly events: number;
  /** Relative to the store when the rebuild began. */
  readonly percent: number;
  readonly perSecond: number;
}

export interface RebuildOptions {
  readonly store: EventStore;
  /** Seals the texts of turns, and hashes the values of entities. */
  readonly keys?: DataKeys | undefined;
  readonly textSearch: TextSearchScope;
  /**
   * Whether turns are written by COPY and indexed afterwards, which is the default; otherwise in batches, as a
   * projector writes.
   */
  readonly inBulk?: boolean;
  /** Creates a pool of one connection with these settings; the rebuild ends it. */
  readonly pool: (settings?: string) => Pool;
  readonly onProgress?: (progress: RebuildProgress) => void;
  readonly onInterruption?: (error: unknown) => void;
  /** Receives the reason why turns of a month do not have a partition yet. */
  readonly onPartitionFailure?: (error: unknown) => void;
  /** The tables already hold everything up to this position; by default none. */
  readonly after?: bigint;
  /** Called when everything up to a position is written. */
  readonly onWritten?: (position: bigint) => Promise<void>;
}

interface RebuildResult {
  readonly events: number;
  readonly seconds: number;
  /** Sessions that are set aside in the new tables, and were not set aside before. */
  readonly setAside: number;
}

const progressEveryMs = 1_000;
/** Events that one transaction writes row by row. */
const batchSize = 1_000;
/** How long the switch may wait for the last events while the projectors are blocked. */
const switchPatienceMs = 30_000;

/**
 * Rebuilds the tables from the start of the store, while events arrive and projectors run, and switches to them. The
 * rows of a session that is set aside end before its event; the projectors retry it when they take their partitions.
 */
export function rebuild(options: RebuildOptions): Promise<RebuildResult> {
  return fillWith(options, rebuildTables);
}

/** As `rebuild`, but leaves the tables beside those in use. @throws RebuildInProgressError, StandbyTablesError */
export function buildShadow(options: RebuildOptions): Promise<RebuildResult> {
  return fillWith(options, buildStandby);
}

async function fillWith(options: RebuildOptions, build: typeof rebuildTables): Promise<RebuildResult> {
  const admin = options.pool();
  const [filling, copying] = [
    options.pool(rebuildConnectionSettings),
    options.pool(rebuildConnectionSettings),
  ] as const;
  const fillerOf = async (inBulk: boolean): Promise<Filler> => {
    const { keys, textSearch, onPartitionFailure } = options;
    const rows = new RowsStore(filling, { keys, textSearch, onPartitionFailure, rebuilding: true });
    const loader = inBulk
      ? new BulkLoader(filling, copying, keys, textSearch, onPartitionFailure)
      : undefined;
    return new Filler(options, rows, await leftOut(filling), loader);
  };
  const start = performance.now();
  let filler: Filler | undefined;
  try {
    const tables = {
      fill: async (inBulk: boolean): Promise<void> => {
        await filler?.stop();
        filler = await fillerOf(inBulk);
        await filler.fill();
      },
      reach: async (position: bigint): Promise<bigint> => (await filler?.reach(position)) ?? position,
    };
    await build(admin, tables, options.inBulk);
  } finally {
    await filler?.stop();
    await Promise.all([admin.end(), filling.end(), copying.end()]);
  }
  const { events = 0, found = 0 } = filler ?? {};
  return { events, seconds: (performance.now() - start) / 1_000, setAside: found };
}

/**
 * The sessions, by id, whose events are left out of the new tables. They are listed there first, so that the
 * projectors retry them after a switch.
 * @param filling whose connections have `rebuildConnectionSettings`
 */
export async function leftOut(filling: Pool): Promise<Map<string, SetAside>> {
  await copySetAside(filling);
  const list = await listSetAside(filling);
  return new Map(list.map((entry) => [entry.session_id, entry]));
}

/** Writes the rows of all sessions in the order of the store. */
export class Filler {
  events = 0;
  /** How many sessions it set aside. */
  found = 0;
  private readonly abort = new AbortController();
  private readonly batches: BatchWriter<TableItem>;
  private writer: Writer = { partition: 0, owner: 'rebuild', epoch: 0n, position: null };
  private work: Promise<void> = Promise.resolve();
  private caughtUp = false;
  /** The last delivered position, and the last one before it had caught up. */
  private delivered = 0n;
  private caughtUpAt = 0n;
  private readonly mutex = new Semaphore(1);
  private failure: { error: unknown } | undefined;

  constructor(
    private readonly options: RebuildOptions,
    private readonly rows: RowsStore,
    private readonly setAside: Map<string, SetAside>,
    /** Writes events in bulk until the tables have caught up. */
    private loader?: BulkLoader,
  ) {
    this.writer = { ...this.writer, position: options.after ?? null };
    this.batches = new BatchWriter(
      {
        ...batchWriterSizes,
        sizeOf: sizeOfItem,
        passIntervalMs: 20,
        batchSize,
        intervalMs: 0,
        write: ({ items, position }) => this.mutex.run(() => this.write(items, position)),
        isTerminal: () => true,
        onRetry: () => undefined,
      },
      this.abort.signal,
    );
  }

  /** Resolves when the tables have caught up with the store. */
  async fill(): Promise<void> {
    const head = await this.options.store.head();
    const start = performance.now();
    this.work = Promise.all([this.feed(), this.batches.run()]).then(
      () => undefined,
      (error: unknown) => {
        this.failure = { error };
      },
    );
    const progress = setInterval(
      () => this.options.onProgress?.(this.progress(head, (performance.now() - start) / 1_000)),
      progressEveryMs,
    );
    // While events keep arriving something is always left: the events at the time of catching up are enough.
    const isDone = (): boolean => this.caughtUp && (this.batches.idle || this.position >= this.caughtUpAt);
    await this.until(isDone, Infinity).finally(() => clearInterval(progress));
    await this.mutex.run(() => this.finishBulk());
  }

  /** Creates the indexes of the tables; events that arrive meanwhile wait. */
  private async finishBulk(): Promise<void> {
    await this.loader?.finish();
    this.loader = undefined;
  }

  /**
   * Resolves, with the position reached, when everything up to a position is written. A position beyond the end of
   * the log is not waited for: the store was restored to an earlier state.
   */
  async reach(wanted: bigint): Promise<bigint> {
    const head = await this.options.store.head();
    if (wanted <= head) await this.until(() => this.position >= wanted, switchPatienceMs);
    await this.stop();
    return this.position;
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.work;
  }

  private get position(): bigint {
    return this.writer.position ?? 0n;
  }

  private async write(items: readonly TableItem[], position: bigint): Promise<void> {
    const storable = items.filter((item) => this.isStorable(item));
    const { loader, rows, writer } = this;
    const failures = loader
      ? await loader.write(storable)
      : await rows.write(writer, storable, position, null);
    for (const entry of failures) {
      this.found += 1;
      this.setAside.set(entry.session_id, entry);
    }
    this.writer = { ...this.writer, position };
    this.events += items.length;
    await this.options.onWritten?.(position);
  }

  /** False: the session is set aside at the event or an earlier one. A deletion may bring it back. */
  private isStorable(item: TableItem): boolean {
    if (isDeletion(item)) {
      forgetDeleted(this.setAside, item);
      return true;
    }
    if (this.setAside.size === 0) return true;
    const revision = 'event' in item ? item.event.revision : item.setAside.revision;
    const entry = this.setAside.get(item.session_id);
    return entry === undefined || revision < entry.revision;
  }

  /** First reads the existing log in pages, then subscribes. */
  private async feed(): Promise<void> {
    const { store } = this.options;
    const { signal } = this.abort;
    const onInterruption = (error: unknown): void => {
      if (!signal.aborted) this.options.onInterruption?.(error);
    };
    const head = await store.head();
    let after: bigint | 'start' = this.options.after || 'start';
    const reading = { signal, onInterruption, ...(this.loader ? {} : { eventsAtOnce: batchSize }) };
    const log = after === 'start' ? readSessionLog(store, reading) : [];
    for await (const { deliveries, position } of log) {
      const items = deliveries.flatMap((delivery) => this.itemsOf(delivery));
      await this.mutex.run(() => this.write(items, position));
      this.delivered = position;
      after = position;
      // While events keep arriving, each page would be followed by another one.
      if (position >= head) break;
    }
    const prefixes = partitionPrefixes(1).flat();
    for await (const delivery of subscribeToSessions(store, { prefixes, after, signal, onInterruption }))
      await this.take(delivery);
  }

  private async take(delivery: Delivery): Promise<void> {
    if ('position' in delivery) this.delivered = delivery.position;
    if (delivery.kind === 'checkpoint') this.batches.pass(delivery.position);
    if (delivery.kind === 'caught_up') {
      if (!this.caughtUp) this.caughtUpAt = this.delivered;
      this.caughtUp = true;
    }
    for (const item of this.itemsOf(delivery)) await this.batches.push(item);
  }

  private itemsOf(delivery: Delivery): TableItem[] {
    if (delivery.kind === 'event') return [itemOf(delivery)];
    if (delivery.kind === 'deleted') {
      const { session_id, before, position } = delivery;
      return [{ session_id, before, position }];
    }
    if (delivery.kind !== 'unprojectable') return [];
    const { session_id, position, reason } = delivery;
    return [{ session_id, position, setAside: setAsideEntry(session_id, delivery, reason, position) }];
  }

  private progress(head: bigint, seconds: number): RebuildProgress {
    const done = head === 0n ? 1 : Number(this.position) / Number(head);
    return { events: this.events, percent: Math.min(100, done * 100), perSecond: this.events / seconds };
  }

  private async until(condition: () => boolean, timeoutMs: number): Promise<void> {
    const isOver = (): boolean => this.failure !== undefined || condition();
    await waitUntil(isOver, { what: 'the last events; run it again', timeoutMs, everyMs: 10 });
    if (this.failure) throw this.failure.error;
  }
}
