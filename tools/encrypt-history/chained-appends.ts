import { randomUUID } from 'node:crypto';
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

  /**
   * The last revision of a stream in the new store.
   * @param mayBeHidden the stream may be without readable events, such as after a deletion, and continues after its last revision
   * @throws StoreUnavailableError
   */
  async revisionOf(stream: string, mayBeHidden: boolean): Promise<number> {
    return (await this.endOf(stream, mayBeHidden)).revision;
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

  private async endOf(stream: string, mayBeHidden = false): Promise<End> {
    const known = this.ends.get(stream);
    if (known !== undefined) return known;
    const last = await this.store.readLast(stream);
    const isHidden = last === undefined && mayBeHidden;
    const revision = isHidden ? await this.hiddenRevision(stream) : Number(last?.revision ?? -1);
    const end = { revision, link: await lastLinkOf(this.store, stream, revision) };
    this.ends.set(stream, end);
    return end;
  }

  /** An append at a revision that no stream reaches is refused with the revision of this one; -1: there is no such stream. */
  private async hiddenRevision(stream: string): Promise<number> {
    const probe = { contentType: 'application/json', id: randomUUID(), type: 'EventDeleted', data: {} };
    return (await this.store.append(stream, [probe], Number.MAX_SAFE_INTEGER)).revision;
  }
}
