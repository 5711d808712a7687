export {
  CommandIdReusedError,
  CommandRejectedError,
  StoreUnavailableError,
  UnprojectableEventError,
  WrongExpectedRevisionError,
} from './errors.ts';
export type { UnprojectableEvent, UnprojectableReason } from './errors.ts';
export { handleCommand } from './command-executor.ts';
export type { CommandRequest, CommandResult, SessionCachePort } from './command-executor.ts';
export { EventCodec } from './codec.ts';
export type { RawEvent } from './codec.ts';
export { readPartner, rememberSession } from './partner-memory.ts';
export {
  foldEvent,
  foldEvents,
  foldStream,
  readEvents,
  readRawEvents,
  readSession,
  sessionStream,
} from './streams.ts';
export { EventStore } from './store.ts';
export { subscribeToSessions } from './subscription.ts';
export type { Delivery } from './subscription.ts';
export { SessionsModule } from './sessions.module.ts';
