export { accessFieldClasses, isAccessEventType } from './access/events.ts';
export type { AccessEvent } from './access/events.ts';
export type { AttachAgent } from './agents/commands.ts';
export { isAgentEvent } from './agents/events.ts';
export type { AcknowledgedUpdate, AttachReason, DetachReason } from './agents/events.ts';
export type { AgentState } from './agents/state.ts';
export { isUpdateFor } from './agents/updates.ts';
export type { Home, OwnCell } from './cells/home.ts';
export { elsewhere } from './cells/home.ts';
export { isCellCommand } from './cells/commands.ts';
export { refuseElsewhere } from './cells/decide.ts';
export { goalStatuses } from './goals/commands.ts';
export type { UpdateGoal } from './goals/commands.ts';
export type { InquiryEvent, InquiryOpened, InquiryRequest } from './inquiries/events.ts';
export { aboutOf } from './inquiries/about.ts';
export type { OpenInquiry } from './inquiries/commands.ts';
export { mapJson } from './inquiries/mapping.ts';
export { inquiryOutcomes } from './inquiries/events.ts';
export { evolveInquiries } from './inquiries/evolve.ts';
export { formerInquiryKinds } from './inquiries/former-kinds.ts';
export { sourcesOf } from './inquiries/kinds.ts';
export type { InquiryKind, InquiryKinds } from './inquiries/kinds.ts';
export { stepsOf } from './inquiries/timeline.ts';
export type { InquiryStep } from './inquiries/timeline.ts';
export { noInquiries } from './inquiries/state.ts';
export type { Inquiry, InquirySource } from './inquiries/state.ts';
export { isContinued } from './kernel/event.ts';
export type { Actor, EventMetadata, FieldClass, Origin } from './kernel/event.ts';
export { canonicalJson, isSameJson } from './kernel/json.ts';
export type { Json, JsonObject } from './kernel/json.ts';
export type {
  ArrivePartner,
  AssignSession,
  MovePartner,
  PartnerCommand,
  SessionUpdate,
} from './partner/commands.ts';
export { decidePartner } from './partner/decide.ts';
export { obstacleToSessions } from './partner/decide-privacy.ts';
export { isPartnerEventType, partnerFieldClasses, privacyEventTypes } from './partner/events.ts';
export type { PartnerEvent } from './partner/events.ts';
export { evolvePartner } from './partner/evolve.ts';
export type {
  CheckedStore,
  Erasure,
  ErasureReceipt,
  LegalHold,
  NamedExport,
  PartnerPrivacy,
} from './partner/privacy.ts';
export { inheritance } from './partner/memory.ts';
export { isPartnerId, looksLikePhone } from './partner/partner-id.ts';
export { newPartner } from './partner/state.ts';
export type { Inheritance, ListedSession, PartnerState } from './partner/state.ts';
export type { RecordTurn, SessionCommand, StartSession } from './session/commands.ts';
export { identifierFields, referencesIn } from './session/identifiers.ts';
export { changedSections, contextOf } from './session/context.ts';
export type { Context } from './session/context.ts';
export { changedFields, namesIn, parentPath, pathOf } from './session/diff.ts';
export type { FieldChange } from './session/diff.ts';
export { explainEvent, explanationOf, explanationsOf, newExplained } from './session/explain.ts';
export type { Explanation } from './session/explain.ts';
export { evolve } from './session/evolve.ts';
export { decide } from './session/decide.ts';
export type { SessionRejection as Rejection } from './session/decide.ts';
export { decideAll } from './session/decide-all.ts';
export type { AcceptedCommands, CommandContext, DecidedCommands } from './session/decide-all.ts';
export { channelPattern, fieldClasses, isActivity, isSessionEventType } from './session/events.ts';
export { isFork } from './session/decide-fork.ts';
export { senders } from './session/sender.ts';
export type { Sender } from './session/sender.ts';
export type { RecordExternalUpdate } from './tracking/commands.ts';
export type { ResolvedUpdate, UpdateReferences } from './tracking/events.ts';
export type {
  // Outside the domain, a recorded event is one of a session.
  RecordedSessionEvent as RecordedEvent,
  SessionEvent,
  SessionEventType,
} from './session/events.ts';
export { memoryChanges } from './session/memory.ts';
export {
  commandHashScheme,
  commandsKept,
  deduplicationIds,
  findProcessedCommand,
  latestCommand,
  rememberCommand,
} from './session/processed-commands.ts';
export type { FoundCommand, ProcessedCommand, ProcessedCommands } from './session/processed-commands.ts';
export { evolveSession, newSession } from './session/session.ts';
export type { Session } from './session/session.ts';
export { derivedFlags, initialState, inactiveSince, isActiveIn, isStarted } from './session/state.ts';
export type { Section, SessionState, SessionStatus } from './session/state.ts';
