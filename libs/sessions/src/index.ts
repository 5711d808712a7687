export {
  CommandIdReusedError,
  CommandRejectedError,
  StoreUnavailableError,
  WrongExpectedRevisionError,
} from './errors.ts';
export { handleCommand } from './command-executor.ts';
export type { CommandRequest, CommandResult, SessionCachePort } from './command-executor.ts';
export { schemaVersion } from './codec.ts';
export { readPartner, rememberSession } from './partner-memory.ts';
export { foldStream, readEvents, readSession, sessionStream } from './streams.ts';
export { EventStore } from './store.ts';
export { subscribeToSessions } from './subscription.ts';
export type { Delivery } from './subscription.ts';
export { SessionsModule } from './sessions.module.ts';
