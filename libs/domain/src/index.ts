export { goalStatuses } from './session/commands.ts';
export type * from './session/commands.ts';
export type * from './inquiries/commands.ts';
export type * from './agents/commands.ts';
export * from './agents/events.ts';
export { noAgent } from './agents/state.ts';
export type { AgentState } from './agents/state.ts';
export { isAgentEvent, isUpdateFor } from './agents/decide.ts';
export { changedSections, contextOf, explainEvent, newExplained } from './session/context.ts';
export type { Context, Explained, Explanation } from './session/context.ts';
export { decide } from './session/decide.ts';
export type { Decision, Rejection } from './kernel/decision.ts';
export * from './session/events.ts';
export * from './inquiries/events.ts';
export { inquiryKind, inquiryKinds, inquirySources } from './inquiries/kinds.ts';
export type { Answers, InquiryKind, SourceKind } from './inquiries/kinds.ts';
export * from './inquiries/state.ts';
export { evolveInquiries } from './inquiries/evolve.ts';
export type { OrderTracking } from './tracking/order.ts';
export { evolve, evolveSession, newSession } from './session/evolve.ts';
export type { Session } from './session/evolve.ts';
export { canonicalJson } from './kernel/json.ts';
export type { Json, JsonObject } from './kernel/json.ts';
export { findProcessedCommand, deduplicationIds, rememberCommand } from './session/processed-commands.ts';
export type { ProcessedCommand, ProcessedCommands } from './session/processed-commands.ts';
export { memoryOf, rememberPartner } from './partner/memory.ts';
export type { PartnerRemembered } from './partner/memory.ts';
export * from './session/state.ts';
export { decideAll } from './session/decide-all.ts';
export type {
  AcceptedCommands,
  CommandContext,
  DecidedCommands,
  RejectedCommands,
} from './session/decide-all.ts';
