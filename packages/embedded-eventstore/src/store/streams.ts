import { BoundedCache } from './bounded-cache.ts';
import type { EventLog, StreamKey } from './event-log.ts';
import { NO_METADATA, parseMetadata, type StreamMetadata } from './metadata.ts';
import { DELETED_REVISION, NO_STREAM, type EventRecord } from './records.ts';
import { isMetastream, metastreamOf, originalStreamOf } from './stream-names.ts';

/** Larger metadata is not cached, in bytes. */
const MAX_CACHED_METADATA = 4_096;
const METASTREAM_METADATA: StreamMetadata = { truncateBefore: 0, softDeleted: false, maxCount: 1 };

/** The state of a stream that appends and reads need. */
export interface Stream extends StreamKey {
  /** Last revision: NO_STREAM without events, DELETED_REVISION when tombstoned. */
  readonly last: number;
}

export const isTombstoned = ({ last }: Stream): boolean => last === DELETED_REVISION;

/** Every {@link Stream} is one; only {@link Streams} changes it. */
interface Entry extends Stream {
  sid: number;
  last: number;
  /** Read lazily; dropped when the metastream changes. */
  metadata?: StreamMetadata;
}

/** A bounded cache of streams over the log. */
export class Streams {
  private readonly cache: BoundedCache<string, Entry>;

  constructor(
    private readonly log: EventLog,
    cacheCapacity: number,
  ) {
    this.cache = new BoundedCache(({ name }) => name, cacheCapacity);
  }

  get(name: string): Stream {
    return this.entry(name);
  }

  private entry(name: string): Entry {
    const known = this.cache.get(name);
    if (known) return known;
    const sid = this.log.sidOf(name);
    const stream: Entry = { name, sid, last: sid === 0 ? NO_STREAM : this.log.lastRevision(sid) };
    this.cache.set(name, stream);
    return stream;
  }

  metadata(stream: Stream): StreamMetadata {
    const entry: Entry = stream;
    if (entry.metadata) return entry.metadata;
    if (isMetastream(entry.name)) return METASTREAM_METADATA;
    const event = this.metadataEvent(entry.name);
    const metadata = event?.isJson ? parseMetadata(event.data) : NO_METADATA;
    if (!event || event.data.length <= MAX_CACHED_METADATA) entry.metadata = metadata;
    return metadata;
  }

  /** The event that holds the stream's metadata; it counts only when it is JSON. */
  metadataEvent(name: string): EventRecord | undefined {
    const metastream = this.get(metastreamOf(name));
    if (metastream.last < 0 || isTombstoned(metastream)) return undefined;
    return this.log.at(metastream.sid, metastream.last);
  }

  /** A metastream is deleted for readers with its stream, but can still be written. */
  isDeletedForReaders(stream: Stream): boolean {
    if (isTombstoned(stream)) return true;
    return isMetastream(stream.name) && isTombstoned(this.get(originalStreamOf(stream.name)));
  }

  /** Gives the stream its number in the log, with its first event. */
  store(stream: Stream): void {
    const entry: Entry = stream;
    if (entry.sid === 0) entry.sid = this.log.addStream(entry.name);
  }

  /** Records the revision of an event that was appended. */
  advance(stream: Stream, rev: number): void {
    const entry: Entry = stream;
    entry.last = rev;
    if (isMetastream(entry.name)) delete this.entry(originalStreamOf(entry.name)).metadata;
  }

  /** Drops a stream from the cache, since another connection has stored events of it. */
  forget(name: string): void {
    this.cache.delete(name);
    if (isMetastream(name)) this.cache.delete(originalStreamOf(name));
  }

  /** Empties the cache: the state is read from the file again. */
  clear(): void {
    this.cache.clear();
  }
}
