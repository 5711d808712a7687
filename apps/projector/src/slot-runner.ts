import type { EventStore } from '#event-store';
import { subscribeToSessions } from '#event-store';
import type { Logger } from '#platform';
import type { ContextProjection, ContextStore, Lease, RowsStore } from '#read-models';
import { ContextLane } from './context-lane.ts';
import type { LaneHooks } from './lane.ts';
import type { ProjectorMetrics } from './metrics.ts';
import { RowLane } from './row-lane.ts';
import type { SlotStatus } from './slot-status.ts';

export interface SlotDeps {
  readonly store: EventStore;
  readonly contexts: ContextStore;
  readonly projection: ContextProjection;
  readonly rows: RowsStore;
  readonly metrics: ProjectorMetrics;
  readonly logger: Logger;
  /** Name of this instance, as it stands in the leases. */
  readonly owner: string;
}

/** Projects one slot: one subscription, behind it a lane for the contexts and one for the rows. Runs once. */
export class SlotRunner {
  private readonly abort = new AbortController();
  private readonly contextLane: ContextLane;
  private readonly rowLane: RowLane;
  private readonly start: bigint | null;

  private constructor(
    private readonly deps: SlotDeps,
    readonly lease: Lease,
    found: bigint | null | undefined,
  ) {
    const { contexts, projection, rows, owner } = deps;
    const { position } = lease;
    const behind = typeof found === 'bigint' && position !== null && found < position;
    const start = behind ? found : position;
    this.start = start !== null && start < 0n ? null : start;
    this.contextLane = new ContextLane(
      { contexts, projection, name: markName(lease), found, start: this.start },
      this.hooks('contexts'),
      this.abort.signal,
    );
    const onFailures = (failures: readonly object[]): void => {
      deps.metrics.unusable.inc(failures.length);
      for (const failure of failures) deps.logger.error(failure, 'event passed over: no row can hold it');
    };
    this.rowLane = new RowLane({ rows, lease, owner, onFailures }, this.hooks('rows'), this.abort.signal);
  }

  /** Begins where rows and contexts are; with Redis away, where the rows are. */
  static async create(deps: SlotDeps, lease: Lease): Promise<SlotRunner> {
    deps.projection.forget(lease.prefixes);
    const mark = deps.contexts.mark(markName(lease)).then((found) => found ?? null);
    return new SlotRunner(deps, lease, await mark.catch(() => undefined));
  }

  /** Runs until stopped. @throws Fenced when the slot has another owner, ContextsLost when it has to begin anew */
  async run(): Promise<void> {
    const parts = [this.feed(), this.contextLane.run(), this.rowLane.run()];
    try {
      await Promise.race([Promise.all(parts), this.failure]);
    } finally {
      this.abort.abort();
      await Promise.allSettled(parts);
    }
  }

  /** Stops after the batches that are being written. */
  stop(): void {
    this.abort.abort();
  }

  /** The connection to Redis was lost: checks, as soon as it is back, that nothing else was. */
  redisLost(): void {
    this.contextLane.doubt();
  }

  redisBack(): void {
    this.contextLane.check().catch((error: unknown) => this.fail(error));
  }

  /** The lease, at the position that the rows have by now. */
  get progress(): Lease {
    return { ...this.lease, position: this.rowLane.position };
  }

  /** Whether the rows hold all that there is. */
  get idle(): boolean {
    return this.rowLane.idle;
  }

  status(): SlotStatus {
    const { position, currentUntil, live } = this.rowLane;
    const age = currentUntil === null ? null : Date.now() - Date.parse(currentUntil);
    return {
      slot: this.lease.slot,
      state: live ? 'live' : 'catching_up',
      position: position === null ? null : String(position),
      lag_s: age === null ? null : Math.max(0, age) / 1_000,
      waiting_for_redis: this.contextLane.waiting,
      waiting_for_postgres: this.rowLane.waiting,
    };
  }

  private fail: (error: unknown) => void = () => undefined;
  private readonly failure = new Promise<never>((_, reject) => {
    this.fail = reject;
  });

  private async feed(): Promise<void> {
    const { store, logger } = this.deps;
    const { slot, prefixes } = this.lease;
    const { contextLane, rowLane } = this;
    const onInterruption = (err: unknown): void => {
      rowLane.live = false;
      if (!this.abort.signal.aborted) logger.warn({ err, slot }, 'subscription interrupted');
    };
    const options = {
      prefixes,
      after: this.start ?? ('start' as const),
      signal: this.abort.signal,
      onInterruption,
    };
    for await (const delivery of subscribeToSessions(store, options)) {
      if (delivery.kind === 'event') {
        await contextLane.push(delivery);
        await rowLane.push(delivery);
      } else if (delivery.kind === 'checkpoint') {
        contextLane.pass(delivery.position);
        rowLane.pass(delivery.position);
      } else {
        rowLane.live = true;
      }
    }
  }

  private hooks(lane: 'contexts' | 'rows'): LaneHooks {
    const { metrics, logger } = this.deps;
    const { slot } = this.lease;
    return {
      onWritten: (items, seconds) => metrics.written(lane, slot, items, seconds),
      onRetry: (err, attempt) => {
        metrics.retries.inc({ lane });
        // Two lines a minute at most, once the back-off is at its longest.
        if (attempt <= 2 || attempt % 15 === 0)
          logger.warn({ err, slot, lane, attempt }, 'batch is tried again');
      },
    };
  }
}

/** The mark belongs to the streams, not to the number of the slot, which changes when slots are cut anew. */
function markName({ prefixes }: Lease): string {
  return prefixes.join();
}
