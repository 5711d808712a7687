import type { WriterState } from '#partitions';
import type { Batch, Logger } from '#platform';
import { BatchWriter, isUnavailable } from '#platform';
import { LeaseLostError } from '#read-models';
import type { Delivery } from '#sessions';
import type { BridgeMetrics } from '../common/metrics.ts';
import type { IndexBatch, IndexChange, Mention } from './changes.ts';
import { changeOf, mergeChanges } from './changes.ts';
import type { IndexStore } from './index-store.ts';
import { KnownMentions } from './known-mentions.ts';

export interface IndexPorts {
  readonly store: Pick<IndexStore, 'apply'>;
  /** Records kept updates in the sessions with mentions after a position, which are in the index. */
  readonly recordLate: (mentions: readonly Mention[], after: bigint | null) => Promise<void>;
  /** All mentions of a session. */
  readonly mentionsIn: (sessionId: string) => Promise<readonly Mention[]>;
}

interface IndexWriterPorts extends IndexPorts {
  readonly store: Pick<IndexStore, 'apply' | 'confirm' | 'load' | 'savePosition' | 'startOver'>;
  /** Memory for mentions that are known to be in the index, in bytes. */
  readonly cacheBytes: number;
  readonly metrics: Pick<BridgeMetrics, 'skipped'>;
  readonly logger: Logger;
}

/** Waiting changes before the subscription is paused, and changes written together. */
const capacity = 4_096;
const batchSize = 256;
/** Minimum time between the starts of two batches, and between two saved positions without changes (ms). */
const intervalMs = 50;
const passIntervalMs = 1_000;

/**
 * Writes the index of a partition, by which updates find sessions: first the mentions of sessions, then the kept
 * updates that they missed, and finally the position. After an interruption some steps are repeated, which changes
 * nothing.
 */
export class IndexWriter {
  readonly name = 'index';
  private readonly writer: BatchWriter<IndexChange>;
  private readonly known: KnownMentions;
  private written: bigint | null = null;
  private isLoaded = false;
  private savedAt = 0;
  /** Whether the subscription has reached the end of the store. */
  private caughtUp = false;
  private isWriting = false;
  /** Why the current batch is not written yet. */
  private failure: unknown;

  constructor(
    private readonly ports: IndexWriterPorts,
    signal: AbortSignal,
  ) {
    this.known = new KnownMentions(ports.cacheBytes);
    this.writer = new BatchWriter<IndexChange>(
      {
        capacity,
        batchSize,
        intervalMs,
        passIntervalMs,
        backOff: { maxMs: 1_000 },
        write: (batch) => this.write(batch),
        isTerminal: (error) => error instanceof LeaseLostError,
        onRetry: (err, attempt) => {
          this.failure = err;
          if (attempt === 1) ports.logger.warn({ err }, 'references not indexed yet');
        },
      },
      signal,
    );
  }

  /** Approximate memory of the mentions that are known to be in the index. */
  get cachedBytes(): number {
    return this.known.bytes;
  }

  /** The written position, and whether anything after it is unwritten or not yet received. */
  get state(): WriterState {
    const { written, isLoaded, caughtUp, isWriting, failure } = this;
    const isBehind = !caughtUp || isWriting || !this.writer.idle;
    return { position: isLoaded ? written : undefined, isBehind, failure };
  }

  /** The position up to which the partition is indexed; null: the index begins with the first event. */
  async load(): Promise<bigint | null> {
    this.written = await this.ports.store.load();
    this.isLoaded = true;
    return this.written;
  }

  /** Receives a delivery of the subscription. */
  async receive(delivery: Delivery): Promise<void> {
    if (delivery.kind === 'caught_up') this.caughtUp = true;
    if (delivery.kind === 'fell_behind') this.caughtUp = false;
    if (!('position' in delivery)) return;
    const change = this.changeOf(delivery);
    if (change) await this.writer.push(change);
    else this.writer.pass(delivery.position);
  }

  /** Writes until the signal. @throws LeaseLostError */
  run(): Promise<void> {
    return this.writer.run();
  }

  /** Records that the index is complete, if it is. */
  async confirm(): Promise<void> {
    if (this.caughtUp && this.writer.idle) await this.ports.store.confirm();
  }

  /**
   * Starts over at the first event: after a restore of the event store, sessions may have fewer events than the index
   * has indexed, or be active again.
   */
  async goBack(): Promise<void> {
    await this.ports.store.startOver();
  }

  /** An unreadable event is skipped, so that others of the partition are not delayed. */
  private changeOf(delivery: Delivery): IndexChange | undefined {
    try {
      return changeOf(delivery);
    } catch (err) {
      this.ports.metrics.skipped.inc({ reader: 'index' });
      this.ports.logger.error({ err }, 'event skipped: what it mentions cannot be read');
      return undefined;
    }
  }

  /** An unreadable session is skipped, so that others of the partition are not delayed. */
  private async mentionsIn(session_id: string): Promise<readonly Mention[]> {
    try {
      return await this.ports.mentionsIn(session_id);
    } catch (err) {
      if (isUnavailable(err)) throw err;
      this.ports.metrics.skipped.inc({ reader: 'index' });
      this.ports.logger.error({ err, session_id }, 'session skipped: what it mentions cannot be read');
      return [];
    }
  }

  /** A position without changes is saved only from time to time: reading the events again changes nothing. */
  private async write({ items, position }: Batch<IndexChange>): Promise<void> {
    this.isWriting = true;
    const changes = this.known.withoutKnown(mergeChanges(items));
    const isChange = Object.values(changes).some(({ length }) => length > 0);
    const mentionsIn = (sessionId: string): Promise<readonly Mention[]> => this.mentionsIn(sessionId);
    if (isChange) await index({ ...this.ports, mentionsIn }, changes, this.written);
    this.known.add(changes);
    const isDue = performance.now() - this.savedAt >= passIntervalMs;
    if (isChange || isDue || items.length === 0) {
      await this.ports.store.savePosition(position, items.at(-1)?.at ?? null);
      this.savedAt = performance.now();
    } else this.writer.pass(position);
    this.written = position;
    this.isWriting = false;
    this.failure = undefined;
  }
}

/** Indexes the changes after a position, and records the updates that their sessions missed. */
export async function index(
  { store, recordLate, mentionsIn }: IndexPorts,
  changes: IndexBatch,
  after: bigint | null,
): Promise<void> {
  await store.apply(changes);
  // Must come after the index is written: an update received before is kept, and one received later finds the
  // sessions.
  await recordLate(changes.mentions, after);
  for (const sessionId of changes.arrived) await recordLate(await mentionsIn(sessionId), null);
}
