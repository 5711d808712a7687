import { backOffMs, sleep } from '#platform';
import type { Delivery } from './delivery.ts';
import { PositionBeyondEndError } from './errors.ts';
import type { EventStore } from './store.ts';
import { SubscriptionGroup } from './subscription-group.ts';
import { Subscriber } from './subscriber.ts';
import { pairsOf } from './pairs.ts';
import type { SubscribeOptions } from './subscription.ts';
import { mostWaiting, reconnects, subscribeToSessions } from './subscription.ts';

/** How far from a group a joining subscriber may be, in bytes of the log: the others read that much again, or wait for it. */
const nearBytes = { atEnd: 2n ** 20n, catchingUp: 2n ** 26n };
/** Subscriptions at a time: a server allows 100 calls on a connection. */
const mostGroups = 8;
/** How many bytes may wait for all subscribers together. */
const mostBytes = 4 * mostWaiting.bytes;

/**
 * Subscribers of one process at about the same position share one subscription of the event store. A subscriber that has
 * to catch up reads with those near its position, and joins the rest once it has caught up. One that is too slow for its group leaves
 * it, and rejoins as one that has to catch up. Each gets the events of its prefixes once, in the store's order.
 */
export class SharedSubscriptions {
  private readonly groups = new Set<SubscriptionGroup>();
  private subscribers = 0;

  /** @param opens which sealed fields are opened for all of them, all by default: an event is decoded once */
  constructor(
    private readonly store: EventStore,
    private readonly opens?: SubscribeOptions['opens'],
  ) {}

  /** The number of subscriptions of the event store. */
  get size(): number {
    return this.groups.size;
  }

  /**
   * As `subscribeToSessions`. Prefixes other than one or two digits of session ids are not shared.
   * @throws PositionBeyondEndError
   */
  subscribe(options: Omit<SubscribeOptions, 'opens'>): AsyncGenerator<Delivery> {
    const pairs = pairsOf(options.prefixes ?? []);
    if (pairs === undefined || options.after === 'end') return subscribeToSessions(this.store, options);
    return this.share(options, pairs, options.after === 'start' ? -1n : options.after);
  }

  private async *share(
    { signal, onInterruption }: Omit<SubscribeOptions, 'opens'>,
    pairs: readonly string[],
    after: bigint,
  ): AsyncGenerator<Delivery> {
    const flow = { most: () => this.most() };
    const subscriber = new Subscriber(this.store.codec, pairs, flow, onInterruption);
    let position = after;
    let failures = 0;
    let isLive = false;
    const leave = (): void => subscriber.leave();
    signal.addEventListener('abort', leave);
    this.subscribers += 1;
    try {
      while (!signal.aborted) {
        if (isLive) yield { kind: 'fell_behind' };
        isLive = false;
        const inbox = subscriber.begin(position);
        this.groupFor(position).add(subscriber);
        try {
          for await (const delivery of inbox.deliveries()) {
            if ('position' in delivery) position = delivery.position;
            else isLive = delivery.kind === 'caught_up';
            failures = 0;
            yield delivery;
          }
        } catch (error) {
          if (error instanceof PositionBeyondEndError) throw error;
          onInterruption?.(error);
          failures += 1;
          await sleep(backOffMs(failures, reconnects), signal);
        } finally {
          subscriber.leave();
        }
      }
    } finally {
      this.subscribers -= 1;
      signal.removeEventListener('abort', leave);
    }
  }

  private most(): { count: number; bytes: number } {
    return { count: mostWaiting.count, bytes: mostBytes / Math.max(4, this.subscribers) };
  }

  /** The nearest group; a new one when none is near, unless the limit of groups is reached. */
  private groupFor(position: bigint): SubscriptionGroup {
    const byDistance = [...this.groups].toSorted((a, b) =>
      a.distanceTo(position) < b.distanceTo(position) ? -1 : 1,
    );
    const isNear = (group: SubscriptionGroup): boolean =>
      group.distanceTo(position) <= (group.isAtEnd ? nearBytes.atEnd : nearBytes.catchingUp);
    const near = byDistance.find(isNear);
    if (near) return near;
    if (this.groups.size >= mostGroups) {
      const [nearest] = [...byDistance.filter(({ isAtEnd }) => !isAtEnd), ...byDistance];
      if (nearest) return nearest;
    }
    const hooks = { caughtUp: () => this.unite(), ended: () => this.groups.delete(group) };
    const group: SubscriptionGroup = new SubscriptionGroup(this.store, position, hooks, this.opens);
    this.groups.add(group);
    return group;
  }

  /** Merges the groups that have caught up. */
  private unite(): void {
    const [largest, ...others] = [...this.groups]
      .filter(({ isLive }) => isLive)
      .toSorted((a, b) => b.size - a.size);
    for (const group of others) for (const subscriber of group.dissolve()) largest?.add(subscriber);
  }
}
