import type { RecordedEvent } from '#domain';
import type { Delivery, EventStore, SubscribeOptions } from '#sessions';
import { readEvents, SharedSubscriptions } from '#sessions';

/** Subscribes to the events of the sessions. */
export type Subscribe = (options: Omit<SubscribeOptions, 'opens'>) => AsyncIterable<Delivery>;

/** Injection token of `Subscribe`. */
export const SUBSCRIBE = Symbol('SUBSCRIBE');

/** `Subscribe` of an event store; partitions share subscriptions. `opens`: selects the sealed fields to decrypt. */
export function subscribeTo(store: EventStore, opens: (field: string) => boolean): Subscribe {
  const shared = new SharedSubscriptions(store, opens);
  return (options) => shared.subscribe(options);
}

/** Reads all events of a session. */
export type ReadSession = (sessionId: string) => Promise<readonly RecordedEvent[]>;

/** Injection token of `ReadSession`. */
export const READ_SESSION = Symbol('READ_SESSION');

/** `ReadSession` of an event store. */
export const readFrom =
  (store: EventStore): ReadSession =>
  (sessionId) =>
    Array.fromAsync(readEvents(store, sessionId));
