export {
  AppendTooLargeError,
  CommandIdReusedError,
  CommandRejectedError,
  erasureInProgress,
  OutOfReachError,
  PositionBeyondEndError,
  StoreOverloadedError,
  StoreUnavailableError,
  UnprojectableEventError,
  WrongExpectedRevisionError,
} from './errors.ts';
export { AccessLog } from './access-log.ts';
export type { AccessEntry } from './access-log.ts';
export { accessPrefix, accessStream, isAccessStream } from './access-stream.ts';
export { CommandExecutor, deepestCommand } from './command-executor.ts';
export type { Appended } from './command-executor.ts';
export type { CommandRequest, CommandResult } from './command-request.ts';
export { commandLimits } from './command-tail.ts';
export type { CommandLimits } from './command-tail.ts';
export { uncached } from './session-cache-port.ts';
export type { CommandLookup, SessionCachePort } from './session-cache-port.ts';
export { deepestData, EventCodec } from './codec.ts';
export type { RawEvent } from './codec.ts';
export {
  appendToPartner,
  assertHere,
  changePartner,
  commandPartner,
  decideOn,
  firstOf,
  knownSessions,
  partnerStream,
  partnerOf,
  readPartner,
  sessionUpdate,
} from './partner-memory.ts';
export type { Partner } from './partner-memory.ts';
export { completeErasures, erasureStream, loggedErasures, logErasures } from './erasure-log.ts';
export type { ErasureList, LoggedErasure } from './erasure-log.ts';
export { forgetMemory } from './forget-memory.ts';
export { readRetentionRuns, recordRetentionRun, retentionStream } from './retention-log.ts';
export type { RetentionRun } from './retention-log.ts';
export { readHistory } from './history.ts';
export type { HistoryRange } from './history.ts';
export { foldPast, NoSuchPastError } from './past.ts';
export type { PastPoint } from './past.ts';
export { countPlainEvents } from './plain-events.ts';
export { partnerChanges } from './partner-changes.ts';
export {
  foldEvent,
  foldEvents,
  foldStream,
  readEachEvent,
  readEvents,
  readRawEvents,
  readSession,
  sessionStream,
  streamMatches,
} from './streams.ts';
export type { ReadableEvent } from './streams.ts';
export type { ExactEvent } from './client/exact-read.ts';
export type { StoredEvent } from './client/page.ts';
export type { NewEvent } from './client/append-request.ts';
export { digitPairs, hexDigits } from './pairs.ts';
export { startedSessions, startTypes } from './started-sessions.ts';
export { checkWithinLog, isPosition, parsePosition, positionAfterRestore } from './log-position.ts';
export { explainingDenial } from './readiness.ts';
export { reseal } from './reseal.ts';
export { readSessionLog } from './session-log.ts';
export { EventStore } from './store.ts';
export { SharedSubscriptions } from './shared-subscription.ts';
export type { SubscribeOptions } from './subscription.ts';
export { subscribeToSessions } from './subscription.ts';
export type { Delivery } from './delivery.ts';
export { tokenPlace } from './tokenise-commands.ts';
export { SessionsModule } from './sessions.module.ts';
export { lastLinkOf } from './chain/last-link.ts';
export { chainEvents } from './chain/link.ts';
export { HistoryConfig, loadHistoryConfig } from './chain/config.ts';
export type { EventProof, NoProof } from './chain/proof.ts';
export { proveEvent } from './chain/proof.ts';
export { recordRemoval, truncateErased } from './chain/removals.ts';
export type { StreamReport } from './chain/report.ts';
export { lastRoot, parseStatement, readRoots } from './chain/roots/ledger.ts';
export type { RootFault } from './chain/roots/read-root.ts';
export { Roots } from './chain/roots/roots.ts';
export { sealHistory } from './chain/roots/seal.ts';
export type { Signed } from './chain/signing.ts';
export { HistoryKeys, HistorySigner } from './chain/signing.ts';
export type { Totals } from './chain/verify-all.ts';
export { VerifyAll } from './chain/verify-all.ts';
export { verifySession } from './chain/verify-session.ts';
