import type { RecordedEvent } from '#domain';
import type { Delivery, EventStore } from '#sessions';
import { readEvents, subscribeToSessions } from '#sessions';

/** Subscribes to the events of the sessions. */
export type Subscribe = (options: Parameters<typeof subscribeToSessions>[1]) => AsyncIterable<Delivery>;

/** The token of `Subscribe`. */
export const SUBSCRIBE = Symbol('SUBSCRIBE');

/** `Subscribe` of an event store. */
export const subscribeTo =
  (store: EventStore): Subscribe =>
  (options) =>
    subscribeToSessions(store, options);

/** Reads all events of a session. */
export type ReadSession = (sessionId: string) => Promise<readonly RecordedEvent[]>;

/** The token of `ReadSession`. */
export const READ_SESSION = Symbol('READ_SESSION');

/** `ReadSession` of an event store. */
export const readFrom =
  (store: EventStore): ReadSession =>
  (sessionId) =>
    Array.fromAsync(readEvents(store, sessionId));
