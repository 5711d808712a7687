export { Agent, connectAgent } from './agent/agent.ts';
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
  SessionNotFound,
  TurnstreamError,
  Unavailable,
} from './client/errors.ts';
export { Session } from './client/session.ts';
export type { ContextOptions, EventsOptions } from './client/session.ts';
export type { Token } from './client/token.ts';
export { Turnstream } from './client/turnstream.ts';
export type { TurnstreamOptions } from './client/turnstream.ts';
export type {
  AppendedEvent,
  Channel,
  CommandItem,
  CommandOptions,
  CommandResult,
  Context,
  Detokenised,
  Order,
  ExternalUpdate,
  FlagValue,
  Handoff,
  Inquiry,
  InquiryAccepted,
  InquiryTimeline,
  Journey,
  JourneySearch,
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
