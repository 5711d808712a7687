import type { Access } from '../rpc/access.ts';
import type { EventRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';

/** Receives committed events. */
export interface Follower {
  /** The stream that it follows; undefined: $all. */
  readonly stream: string | undefined;
  deliver(event: EventRecord): void;
}

/** Delivers committed events to the followers of their stream and of $all. */
export class Feed {
  private readonly all = new Set<Follower>();
  private readonly byStream = new Map<string, Set<Follower>>();

  constructor(store: Store, access: Access) {
    store.onCommit((events) => {
      for (const event of events) {
        if (event.stream === '$settings') access.forgetSettings();
        this.publish(event);
      }
    });
  }

  add(follower: Follower): void {
    this.setOf(follower.stream).add(follower);
  }

  remove(follower: Follower): void {
    const followers = this.setOf(follower.stream);
    followers.delete(follower);
    if (follower.stream !== undefined && followers.size === 0) this.byStream.delete(follower.stream);
  }

  private publish(event: EventRecord): void {
    for (const follower of this.all) follower.deliver(event);
    const followers = this.byStream.get(event.stream);
    if (followers) for (const follower of followers) follower.deliver(event);
  }

  private setOf(stream: string | undefined): Set<Follower> {
    if (stream === undefined) return this.all;
    const known = this.byStream.get(stream);
    if (known) return known;
    const followers = new Set<Follower>();
    this.byStream.set(stream, followers);
    return followers;
  }
}
