export { ContextProjection } from './context/projection.ts';
export { nothingWritten } from './context/checkpoint.ts';
export { ContextStore } from './context/store.ts';
export type { ContextCheckpoint } from './context/checkpoint.ts';
export { foldAsFarAsPossible, rebuildContext } from './context/rebuild.ts';
export { CheckpointRegressedError, SessionSetAsideError } from './context/errors.ts';
export { SessionCache } from './context/session-cache.ts';
export { SessionMemory } from './context/session-memory.ts';
export {
  parseNotification,
  publishNotifications,
  notificationChannel,
  notificationFor,
  notifyOwner,
} from './notifications/stream-notifications.ts';
export type { StreamNotification } from './notifications/stream-notifications.ts';
export { allSessions } from './drift/all-sessions.ts';
export { checkSession } from './drift/check.ts';
export type { DriftResult, DriftSources, SessionCheck } from './drift/check.ts';
export { compareTables } from './drift/compare-tables.ts';
export type { MovedSession, TableComparison } from './drift/compare-tables.ts';
export type { Difference } from './drift/difference.ts';
export {
  countDrift,
  healingRequests,
  isDriftListed,
  listDrift,
  mostListed,
  recordDrift,
  requestHealing,
  withdrawHealing,
} from './drift/list.ts';
export type { ListedDifference } from './drift/list.ts';
export { sampleContext, sampleRow } from './drift/sample.ts';
export { StoredContexts } from './drift/stored-context.ts';
export { listAccess, summarizeAccess } from './queries/access-records.ts';
export type { AccessCount, AccessRecord } from './queries/access-records.ts';
export { forkChoices } from './queries/conditions.ts';
export type { ForkChoice, Page } from './queries/conditions.ts';
export { correlatedSessions } from './queries/correlations.ts';
export type { CorrelatedSession } from './queries/correlations.ts';
export { InvalidCursorError } from './queries/cursor.ts';
export { forgetOwners, ownersOf, rememberOwners } from './queries/reference-owners.ts';
export type { NamedOwner } from './queries/reference-owners.ts';
export { sessionsConcerned } from './queries/references.ts';
export { StoredReferences } from './queries/stored-references.ts';
export type { Addressees, Reference, SessionPage } from './queries/references.ts';
export { dueSessions, ownedSessions, listSessions, overSessions } from './queries/sessions.ts';
export { hasTokens, storedTokens } from './queries/tokens.ts';
export { keptUpdatePlace, openKeptUpdate } from './queries/kept-updates.ts';
export type { StoredToken } from './queries/tokens.ts';
export { findJourneys } from './queries/journeys.ts';
export type { JourneyStep } from './queries/journeys.ts';
export type { Queryable } from './queries/queryable.ts';
export type { RowLimits } from './queries/row-limits.ts';
export { publishedUpTo } from './queries/published.ts';
export { partnerTimeline } from './queries/timeline.ts';
export { countDimensions, countTurns, sessionOutcomes } from './queries/turn-counts.ts';
export type { CountDimension } from './queries/turn-counts.ts';
export { followTurns } from './queries/turn-feed.ts';
export type { TurnFilter } from './queries/turn-filter.ts';
export { listTurns } from './queries/turns.ts';
export type { TurnItem } from './queries/turn-rows.ts';
export { ReadModelsModule } from './read-models.module.ts';
export {
  accessCheckpoint,
  AccessCheckpointMovedError,
  clearAccessRecords,
  writeAccessRecords,
} from './tables/access-records.ts';
export type { AccessItem } from './tables/access-records.ts';
export { digestTables } from './tables/canonical-dump.ts';
export { isUuid } from './tables/changes.ts';
export { entityIndex, tokenIndex } from './tables/entities.ts';
export { milestoneKinds } from './tables/milestones.ts';
export { divide, forgetDeleted, isDeletion, itemOf, sizeOfItem } from './tables/items.ts';
export type { Deletion, Positioned, TableItem } from './tables/items.ts';
export { LeaseLostError } from './tables/owner.ts';
export type { Owner, Writer } from './tables/owner.ts';
export { BulkLoader } from './tables/bulk/loader.ts';
export { TurnPartitions } from './tables/partitions.ts';
export { rebuildTables, RebuildInProgressError, StandbyTablesError } from './tables/rebuild.ts';
export {
  buildStandby,
  dropStandby,
  saveStandbyPosition,
  standbyTables,
  swapTables,
  withStandby,
} from './tables/standby.ts';
export type { Standby } from './tables/standby.ts';
export { isReference, referencesOf } from './tables/references.ts';
export { rewriteSession } from './tables/rewrite.ts';
export {
  copySetAside,
  countSetAsideLastMinute,
  listSetAside,
  redriveRequests,
  requestRedrive,
  setAsideEntry,
  unlist,
} from './tables/set-aside.ts';
export type { ListedSession, SetAside } from './tables/set-aside.ts';
export { connectionSettings, rebuildConnectionSettings } from './tables/sql.ts';
export { RowsStore } from './tables/store.ts';
export { loadTextSearchConfig, TextSearchConfig } from './text-search/config.ts';
export type { TextSearchScope } from './text-search/config.ts';
export { WordIndex } from './text-search/word-index.ts';
export {
  claimDuePartners,
  contactedSince,
  inactivePartners,
  lastContact,
  loadPrivacyPosition,
  projectedUntil,
  releasePartner,
  distrustRows,
  dropPrivacy,
  savePrivacy,
  savePrivacyPosition,
} from './erasure/partner-privacy.ts';
export { applyErasures, applyToKeys, knownErasures } from './erasure/ledger.ts';
export { LedgerCheck } from './erasure/ledger-check.ts';
export { announcePartner, PrivacyWatch } from './erasure/watch.ts';
export { countRows, eraseRows, forksOf, sessionsBefore } from './erasure/rows.ts';
export {
  accessDays,
  copyNoted,
  forgetAccessOf,
  forgetNoted,
  notePartners,
  oldPartners,
  oldSessions,
  withHistoryLock,
  withRetentionLock,
} from './erasure/retention.ts';
export type { OldSession } from './erasure/retention.ts';
export { dropOldPartitions } from './erasure/partitions.ts';
export { archiveTurns } from './archive/turn-files.ts';
export { archiveOf } from './archive/archive.ts';
export type { ArchiveFile } from './archive/archive.ts';
export { zipOf } from './archive/zip.ts';
export { ExportFiles } from './exports/files.ts';
export { assertFolder, ExportFolderError, folderId } from './exports/folder.ts';
export {
  deleteExport,
  ExportIdReusedError,
  findExport,
  isAskedBy,
  listExports,
  partsOf,
  requestExport,
  TooManyExportsError,
  totalsOf,
} from './exports/jobs.ts';
export { manifestName, manifestOf, manifestText, summaryOf } from './exports/manifest.ts';
export type { ExportManifest, ExportSummary } from './exports/manifest.ts';
export { countWithdrawn, exportsOf, hasClosedPartner, withdrawExports } from './exports/partners.ts';
export type {
  ExportFilter,
  ExportForm,
  ExportFormat,
  ExportJob,
  ExportPart,
  ExportStatus,
  ExportTotals,
} from './exports/request.ts';
export { exportFormats, exportForms } from './exports/request.ts';
export { ExportRunner } from './exports/runner.ts';
export type { ExportMasks } from './exports/sources/source.ts';
