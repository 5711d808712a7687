import type { EventData, EventStoreDBClient, StreamMetadata } from '@eventstore/db-client';
import { FORWARDS, START } from '@eventstore/db-client';
import { LRUCache } from 'lru-cache';
import { inParallel, uuidV5 } from '#platform';
import type { DataKey, DataKeys } from '#privacy';
import { PartnerErasedError } from '#privacy';
import type { EventStore, HistorySigner, StoredEvent } from '#sessions';
import {
  erasureStream,
  isAccessStream,
  partnerOf,
  readPartner,
  recordRemoval,
  reseal,
  retentionStream,
} from '#sessions';
import { ChainedAppends } from './chained-appends.ts';

/** The counts of a copy. */
export interface Copied {
  events: number;
  /** Events that were in the new store already. */
  known: number;
  sealed: number;
  /** Placeholders for events that were deleted in the old store; they are deleted, too. */
  fillers: number;
  /** Sessions with an unknown partner: each is sealed with its own key. */
  readonly withoutPartner: Set<string>;
  /** Streams that the old store has deleted. */
  readonly deleted: Set<string>;
  /** All streams, also the deleted ones. */
  readonly streams: Set<string>;
}

/** The two stores. `reader` reads all of the old one, `writer` sets metadata of streams in the new one. */
export interface Stores {
  readonly from: EventStore;
  readonly to: EventStore;
  readonly reader: EventStoreDBClient;
  readonly writer: EventStoreDBClient;
  readonly keys: DataKeys;
  /** Signs the records of removed events. */
  readonly signer: HistorySigner | undefined;
}

const pageSize = 500;
const streamsAtOnce = 16;
/** Placeholders in one append: an append holds a megabyte. */
const fillersAtOnce = 1_000;
const personal = /^(session|partner)-/;
const metaPrefix = '$$';
const sessionPrefix = 'session-';
const namespace = '8f0f7f0e-6d5b-4c2e-9a3f-5f8b8a3d2c11';

/**
 * Copies all of Turnstream's streams page by page in the order of the log, each event to the same revision. It can be
 * run again: it continues from the revision of each stream in the new store.
 */
export class Copy {
  readonly copied: Copied = {
    events: 0,
    known: 0,
    sealed: 0,
    fillers: 0,
    withoutPartner: new Set(),
    deleted: new Set(),
    streams: new Set(),
  };
  private readonly appends: ChainedAppends;
  private readonly partners = new LRUCache<string, string>({ max: 100_000 });
  /** Streams whose first events were deleted in the old store. */
  private readonly cut = new Set<string>();

  constructor(private readonly stores: Stores) {
    this.appends = new ChainedAppends(stores.to);
  }

  /** @param onPage called after each page */
  async run(onPage: (copied: Copied) => void = () => undefined): Promise<Copied> {
    let after: typeof START | { commit: bigint; prepare: bigint } = START;
    for (;;) {
      const read = this.stores.reader.readAll({
        direction: FORWARDS,
        fromPosition: after,
        maxCount: pageSize,
      });
      const page: StoredEvent[] = [];
      for await (const { event } of read) if (event) page.push(event);
      // A read includes the event at its start position.
      const done = after === START ? undefined : after.commit;
      const next = page.filter(({ position }) => position?.commit !== done);
      await this.copyPage(next);
      onPage(this.copied);
      const last = page.at(-1)?.position;
      if (last === undefined || next.length === 0) return this.copied;
      after = last;
    }
  }

  private async copyPage(page: readonly StoredEvent[]): Promise<void> {
    const events = page.filter(({ streamId }) => isOurs(streamId));
    const streams = Map.groupBy(events, ({ streamId }) => streamId);
    await inParallel(streams, streamsAtOnce, ([stream, list]) => this.copyStream(stream, list));
    for (const { type, streamId, data } of page) {
      const stream = streamId.startsWith(metaPrefix) ? streamId.slice(metaPrefix.length) : '';
      if (type === '$metadata' && isOurs(stream)) await this.copyMetadata(stream, data);
    }
  }

  private async copyStream(stream: string, events: readonly StoredEvent[]): Promise<void> {
    if (!(await this.isThere(stream))) return;
    let at = await this.appends.revisionOf(stream, this.cut.has(stream));
    for (const event of events) {
      const revision = Number(event.revision);
      if (revision <= at) {
        this.copied.known += 1;
        continue;
      }
      if (revision > at + 1) await this.fill(stream, at, revision);
      await this.appends.append(stream, [await this.stored(event)], revision - 1);
      this.copied.events += 1;
      at = revision;
    }
  }

  /**
   * Whether the old store still has a stream, asked once in a run. Until a scavenge its log also has the events of deleted
   * streams.
   */
  private async isThere(stream: string): Promise<boolean> {
    const { streams, deleted } = this.copied;
    if (streams.has(stream)) return !deleted.has(stream);
    const first = await this.firstOf(stream);
    if (first === undefined) {
      await this.carryDeletion(stream);
      deleted.add(stream);
    } else {
      const partnerId = stream.startsWith(sessionPrefix) ? partnerIn(first) : undefined;
      if (partnerId !== undefined) this.partners.set(stream, partnerId);
      if (first.revision > 0n) this.cut.add(stream);
    }
    streams.add(stream);
    return first !== undefined;
  }

  private async firstOf(stream: string): Promise<StoredEvent | undefined> {
    const [first] = await Array.fromAsync(this.stores.from.read(stream, { limit: 1 }));
    return first;
  }

  /** A stream that was deleted after an earlier run had copied it is deleted in the new store, too. */
  private async carryDeletion(stream: string): Promise<void> {
    const { to } = this.stores;
    const last = await to.readLast(stream);
    if (last === undefined) return;
    await this.noteRemoval(stream, Number(last.revision) + 1);
    await to.deleteStream(stream);
  }

  /** The events before an existing one were deleted: the new store gets placeholders, and truncates them. */
  private async fill(stream: string, at: number, revision: number): Promise<void> {
    for (let last = at; last < revision - 1;) {
      const length = Math.min(fillersAtOnce, revision - 1 - last);
      const fillers = Array.from({ length }, (_, index) => filler(stream, last + 1 + index));
      await this.appends.append(stream, fillers, last);
      this.copied.fillers += length;
      last += length;
    }
    await this.noteRemoval(stream, revision);
    await this.stores.writer.setStreamMetadata(stream, { truncateBefore: revision });
  }

  /** Records the removal; only the histories of sessions have such records. */
  private async noteRemoval(stream: string, before: number): Promise<void> {
    const { to, signer } = this.stores;
    if (!stream.startsWith(sessionPrefix)) return;
    const reason = 'encrypt-history';
    await recordRemoval(to, stream.slice(sessionPrefix.length), { reason, before, signer });
  }

  /**
   * Access records contain nothing personal except whose data was read, so access logs and runs of the retention are
   * copied unchanged.
   */
  private async stored(event: StoredEvent): Promise<EventData> {
    const { id, type, streamId, data, metadata } = event;
    if (!personal.test(streamId))
      return { contentType: 'application/json', id, type, data, metadata } as unknown as EventData;
    return reseal(this.stores.to.codec, event, async () => {
      const key = await this.keyOf(await this.partnerFor(event));
      this.copied.sealed += 1;
      return key;
    });
  }

  /** An erased partner gets a key by the receipt in the stream: existing events come after the erasure. */
  private async keyOf(partnerId: string): Promise<DataKey> {
    const { keys, from } = this.stores;
    try {
      return await keys.of(partnerId);
    } catch (error) {
      if (!(error instanceof PartnerErasedError)) throw error;
      const { privacy } = (await readPartner(from, partnerId)).state;
      return keys.of(partnerId, privacy?.receipt?.receipt_id);
    }
  }

  private async partnerFor(event: StoredEvent): Promise<string> {
    const { streamId } = event;
    const known = partnerOf(streamId) ?? this.partners.get(streamId);
    if (known !== undefined) return known;
    const partnerId = partnerIn(await this.firstOf(streamId));
    if (partnerId === undefined) this.copied.withoutPartner.add(streamId);
    this.partners.set(streamId, partnerId ?? streamId);
    return partnerId ?? streamId;
  }

  private async copyMetadata(stream: string, data: unknown): Promise<void> {
    // Any metadata would end the deletion of a stream in the new store.
    if (!(await this.isThere(stream))) return;
    const { $tb, $maxCount, $maxAge } = data as { [name: string]: number | undefined };
    // A deletion of the whole stream, which has started again since.
    if ($tb !== undefined && $tb > Number.MAX_SAFE_INTEGER) return;
    const metadata: StreamMetadata = {
      ...($tb !== undefined && { truncateBefore: $tb }),
      ...($maxCount !== undefined && { maxCount: $maxCount }),
      ...($maxAge !== undefined && { maxAge: $maxAge }),
    };
    if ($tb !== undefined) await this.noteRemoval(stream, $tb);
    await this.stores.writer.setStreamMetadata(stream, metadata);
  }
}

function isOurs(stream: string): boolean {
  return (
    personal.test(stream) || isAccessStream(stream) || stream === retentionStream || stream === erasureStream
  );
}

/** The partner that an event names. */
function partnerIn(event: StoredEvent | undefined): string | undefined {
  const { partner_id } = (event?.data ?? {}) as { partner_id?: unknown };
  return typeof partner_id === 'string' && partner_id !== '' ? partner_id : undefined;
}

/** The same placeholder gets the same id, so that a repeated append has one effect. */
function filler(stream: string, revision: number): EventData {
  const metadata = { schema_version: 1, actor: { role: 'system', id: 'encrypt-history' } };
  return {
    contentType: 'application/json',
    id: uuidV5(`${stream}:${revision}`, namespace),
    type: 'EventDeleted',
    data: {},
    metadata,
  };
}
