import type { Delivery, EventStore, SubscribeOptions } from '#sessions';
import { SharedSubscriptions } from '#sessions';

/** Subscribes to the events of the sessions. */
export type Subscribe = (options: SubscribeOptions) => AsyncIterable<Delivery>;

/** The token of `Subscribe`. */
export const SUBSCRIBE = Symbol('SUBSCRIBE');

/** `Subscribe` of an event store: partitions share subscriptions. */
export function subscribeTo(store: EventStore): Subscribe {
  const shared = new SharedSubscriptions(store);
  return (options) => shared.subscribe(options);
}
