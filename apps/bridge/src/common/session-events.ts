import type { Delivery, EventStore } from '#sessions';
import { subscribeToSessions } from '#sessions';

/** Subscribes to the events of the sessions. */
export type Subscribe = (options: Parameters<typeof subscribeToSessions>[1]) => AsyncIterable<Delivery>;

/** The token of `Subscribe`. */
export const SUBSCRIBE = Symbol('SUBSCRIBE');

/** `Subscribe` of an event store. */
export const subscribeTo =
  (store: EventStore): Subscribe =>
  (options) =>
    subscribeToSessions(store, options);
