export type { Page } from './queries/conditions.ts';
export type { ContextDocument } from './context/document.ts';
export { ContextProjection } from './context/projection.ts';
export { ContextStore } from './context/store.ts';
export type { ApplyResult, ContextChange } from './context/records.ts';
export { InvalidCursorError } from './queries/cursor.ts';
export { sessionsConcerned } from './queries/references.ts';
export type { Reference } from './queries/references.ts';
export { rebuildContext } from './context/rebuild.ts';
export { connectionSettings, rebuildConnectionSettings } from './tables/sql.ts';
export { LeaseLostError, RowsStore } from './tables/store.ts';
export type { Positioned, RowFailure, Writer } from './tables/store.ts';
export {
  parseNotification,
  publishNotifications,
  notificationChannel,
  notificationFor,
  notifyOwner,
} from './notifications/stream-notifications.ts';
export type { Appended, StreamNotification } from './notifications/stream-notifications.ts';
export { dueSessions, heldSessions, listSessions, overSessions } from './queries/sessions.ts';
export { SessionCache } from './context/session-cache.ts';
export { rebuildTables, RebuildInProgressError } from './tables/rebuild.ts';
export { listTurns } from './queries/turns.ts';
export type { TurnItem } from './queries/turns.ts';
export { ReadModelsModule } from './read-models.module.ts';
