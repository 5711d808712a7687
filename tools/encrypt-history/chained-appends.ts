import type { EventData } from '@eventstore/db-client';
import { LRUCache } from 'lru-cache';
import type { EventStore } from '#sessions';
import { chainEvents, lastLinkOf } from '#sessions';

const sessionPrefix = 'session-';

/** The end of a stream in the new store: its last revision, and the hash that the next event continues. */
interface End {
  readonly revision: number;
  readonly link: string;
}

/** Appends to the new store. Computes new hashes for sessions, since they cover the sealed bytes. */
export class ChainedAppends {
  private readonly ends = new LRUCache<string, End>({ max: 100_000 });

  constructor(private readonly store: EventStore) {}

  /** The last revision of a stream in the new store. @throws StoreUnavailableError */
  async revisionOf(stream: string): Promise<number> {
    return (await this.endOf(stream)).revision;
  }

  /** @throws Error when the stream is at another revision */
  async append(stream: string, events: readonly EventData[], expected: number): Promise<void> {
    const { link } = await this.endOf(stream);
    const isSession = stream.startsWith(sessionPrefix);
    const chained = isSession ? chainEvents(link, events) : { events, chain: link };
    const { appended, revision } = await this.store.append(stream, chained.events, expected);
    if (!appended)
      throw new Error(`${stream} is at revision ${revision} in the new store: another program writes there.`);
    this.ends.set(stream, { revision, link: chained.chain });
  }

  private async endOf(stream: string): Promise<End> {
    const known = this.ends.get(stream);
    if (known !== undefined) return known;
    const revision = Number((await this.store.readLast(stream))?.revision ?? -1);
    const end = { revision, link: await lastLinkOf(this.store, stream, revision) };
    this.ends.set(stream, end);
    return end;
  }
}
