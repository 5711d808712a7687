export { CommandIdReused, CommandRejected, StoreUnavailable, WrongExpectedRevision } from './errors.ts';
export { handleCommand } from './handle-command.ts';
export type { CommandRequest, CommandResult, SnapshotStore } from './handle-command.ts';
export { schemaVersion } from './codec.ts';
export { readPartner, rememberSession } from './partners.ts';
export { foldStream, readEvents, readSession, sessionStream } from './sessions.ts';
export { EventStore } from './store.ts';
export { subscribeToSessions } from './subscribe.ts';
export type { Delivery, SubscribeOptions } from './subscribe.ts';
