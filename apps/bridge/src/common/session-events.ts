import type { Delivery, EventStore, SubscribeOptions } from '#sessions';
import { SharedSubscriptions } from '#sessions';
import { isPublished } from '../outbound/public-event.ts';
import { isReferring } from '../references/changes.ts';

/** Subscribes to the events of the sessions. */
export type Subscribe = (options: Omit<SubscribeOptions, 'opens'>) => AsyncIterable<Delivery>;

/** The token of `Subscribe`. */
export const SUBSCRIBE = Symbol('SUBSCRIBE');

/** `Subscribe` of an event store: partitions share subscriptions, and open what the publisher or the index needs. */
export function subscribeTo(store: EventStore): Subscribe {
  const shared = new SharedSubscriptions(store, (field) => isPublished(field) || isReferring(field));
  return (options) => shared.subscribe(options);
}
