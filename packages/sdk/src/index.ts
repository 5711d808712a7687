export { Agent } from './agent/agent.ts';
export { connectAgent } from './agent/connect.ts';
export type { AgentOptions } from './agent/options.ts';
export type { AgentEnd } from './agent/agent.ts';
export { HandlerTimedOut } from './agent/run-handler.ts';
export { AgentStream } from './agent/stream.ts';
export type { SkipReason, StreamEnd, UpdateHandler } from './agent/stream.ts';
export type { Update } from './agent/update.ts';
export {
  AgentReplaced,
  CommandNotAllowed,
  InvalidRequest,
  KeyReused,
  RevisionConflict,
  SessionElsewhere,
  SessionNotFound,
  TurnstreamError,
  Unavailable,
} from './client/errors.ts';
export type { CallOptions } from './client/call.ts';
export type { StreamedAnswer } from './client/transport.ts';
export type { CreateExportOptions, ExportFileOptions } from './client/exports.ts';
export { Session } from './client/session.ts';
export type { ContextDiffOptions, ContextOptions, EventsOptions } from './client/reads.ts';
export type { Token } from './client/token.ts';
export { Turnstream } from './client/turnstream.ts';
export type { TurnstreamOptions } from './client/turnstream.ts';
export type {
  AppendedEvent,
  Channel,
  CommandItem,
  CommandOptions,
  CommandResult,
  CreateExport,
  Context,
  ContextDiff,
  Detokenised,
  Export,
  Order,
  ExplainedContext,
  Explanation,
  ExternalUpdate,
  Fork,
  FlagValue,
  Handoff,
  Inquiry,
  InquiryAccepted,
  InquiryTimeline,
  Journey,
  JourneySearch,
  ListedExport,
  OpenInquiry,
  Preferences,
  Problem,
  RecordedEvent,
  ReadOptions,
  RecordTurn,
  ResumeOrStart,
  ResumeOrStartOptions,
  SessionDetails,
  SessionRow,
  SessionsQuery,
  SetGoal,
  StartSession,
  Ticket,
  Trace,
  TraceNode,
  TimelineItem,
  TimelineQuery,
  TurnCounts,
  TurnCountsQuery,
  TurnRow,
  TurnSearch,
  TurnsPage,
  TurnsPageQuery,
  TurnsQuery,
  UpdateGoal,
} from './client/types.ts';
