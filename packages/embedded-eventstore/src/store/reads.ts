import type { EventLog } from './event-log.ts';
import { DELETED_REVISION, NO_STREAM, type EventRecord, type ResolvedEvent } from './records.ts';
import { LINK_TYPE } from './stream-names.ts';
import type { Stream, Streams } from './streams.ts';

type StreamPage =
  | { readonly kind: 'page'; readonly events: EventRecord[]; readonly last: number }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'deleted' };

/** Reads as a client sees them: truncated events are left out, links resolved. */
export class Reads {
  constructor(
    private readonly log: EventLog,
    private readonly streams: Streams,
  ) {}

  /** At most `limit` events from revision `from`, inclusive. Fewer mean that the end was reached, or that the events are large. */
  stream(name: string, from: number, limit: number, backwards: boolean): StreamPage {
    const stream = this.streams.get(name);
    if (this.streams.isDeletedForReaders(stream)) return { kind: 'deleted' };
    const { softDeleted } = this.streams.metadata(stream);
    if (stream.last === NO_STREAM || softDeleted) return { kind: 'not_found' };
    const { first, since } = this.visible(stream);
    const range = backwards
      ? { from: first, to: Math.min(from, stream.last), since, limit, backwards }
      : { from: Math.max(from, first), to: stream.last, since, limit, backwards };
    const events = range.from > range.to ? [] : this.log.readStream(stream.sid, range);
    return { kind: 'page', events, last: stream.last };
  }

  /** The first revision that truncation leaves visible; undefined when the stream is missing or deleted. */
  firstRevision(name: string): number | undefined {
    const page = this.stream(name, 0, 1, false);
    return page.kind === 'page' ? page.events[0]?.rev : undefined;
  }

  lastRevision(name: string): number {
    return this.streams.get(name).last;
  }

  /** Follows a link one hop. */
  resolve(record: EventRecord): ResolvedEvent {
    if (record.type !== LINK_TYPE) return { event: record };
    const target = parseLink(record.data);
    if (!target) return { event: record };
    const event = this.visibleEvent(target.stream, target.revision);
    return event ? { event, link: record } : { link: record };
  }

  private visibleEvent(name: string, revision: number): EventRecord | undefined {
    const stream = this.streams.get(name);
    if (stream.sid === 0 || this.streams.isDeletedForReaders(stream)) return undefined;
    const { first, since } = this.visible(stream);
    if (revision < first || revision > stream.last) return undefined;
    const event = this.log.at(stream.sid, revision);
    return event && event.created >= since ? event : undefined;
  }

  private visible(stream: Stream): { first: number; since: number } {
    const { truncateBefore, maxCount, maxAge, softDeleted } = this.streams.metadata(stream);
    if (softDeleted) return { first: DELETED_REVISION, since: 0 };
    const kept = maxCount === undefined ? 0 : Math.max(0, stream.last - maxCount + 1);
    return {
      first: Math.max(truncateBefore, kept),
      since: maxAge === undefined ? 0 : Math.max(0, Date.now() * 1000 - maxAge),
    };
  }
}

/** Parses `revision@stream`, split at the first `@`; undefined when it is not a link. */
const parseLink = (data: Buffer): { stream: string; revision: number } | undefined => {
  const text = data.toString('utf8');
  const at = text.indexOf('@');
  if (at < 0 || !/^\s*[+-]?\d+\s*$/.test(text.slice(0, at))) return undefined;
  return { revision: Number(text.slice(0, at)), stream: text.slice(at + 1) };
};
