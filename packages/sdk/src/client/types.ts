import type { components, operations } from './openapi.ts';

type Schemas = components['schemas'];
type Query<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>;

/** Names that an installation may extend: the built-in ones, and any other. */
type Declared<Name extends string> = Name | (string & {});
/** The channel of a conversation, such as `whatsapp`. */
export type Channel = Declared<Schemas['StartSessionDto']['channel']>;
type OnChannel<Body> = Omit<Body, 'channel'> & { readonly channel: Channel };

/** The body of {@link Turnstream.startSession}. */
export type StartSession = OnChannel<Schemas['StartSessionDto']>;
/** How {@link Turnstream.resumeOrStart} starts a session when none is active. */
export type ResumeOrStart = OnChannel<Schemas['ResumeOrStartDto']>;
/** A ticket with which a browser opens a connection; `expires_in_s`: how long it is valid. */
export type Ticket = Schemas['TicketDto'];
/** A turn of the user or the bot; with a user's turn, `response_text` is the bot's reply. */
export type RecordTurn = Schemas['RecordTurnDto'];
/** The body of {@link Session.fork}: the purpose, and the revision. */
export type Fork = Schemas['ForkDto'];
/** The body of {@link Session.setGoal}. */
export type SetGoal = Schemas['SetGoalDto'];
/** The body of {@link Session.updateGoal}: a goal's new step or status. */
export type UpdateGoal = Schemas['UpdateGoalDto'];
/** The body of {@link Session.handoff}. */
export type Handoff = Schemas['HandoffDto'];
/** The body of {@link Session.externalUpdate}: a fact of another system. */
export type ExternalUpdate = Schemas['ExternalUpdateDto'];
/** Preferences by name; null removes one. */
export type Preferences = Schemas['ChangePreferencesDto']['preferences'];
/** A flag's value: text, number, true or false. */
export type FlagValue = NonNullable<Schemas['RaiseFlagDto']['value']>;
/** One of several commands for {@link Session.commands}, discriminated by `type`. */
export type CommandItem = WithAnyChannel<Schemas['CommandsDto']['commands'][number]>;
type WithAnyChannel<Item> = Item extends { readonly channel: unknown } ? OnChannel<Item> : Item;

/** The result of a command. `revision` is that of the last event it appended, counted from 0. */
export type CommandResult = Schemas['CommandResultDto'] & {
  /** True when the command was recorded before: nothing was added, and this is the original result. */
  readonly replayed: boolean;
};
export type PartnerSession = Schemas['PartnerSessionDto'];
/** An event that a command appended. */
export type AppendedEvent = Schemas['AppendedEventDto'];

/** The working context of a conversation at its `revision`. */
export type Context = Schemas['ContextDto'];
/** The origin of a context: by the path of each field, such as `goal_state.step`, the event that set it last. */
export type ExplainedContext = Context & { readonly explained: Readonly<Record<string, Explanation>> };
/** The event that set a field, its actor, and the other system that the fact comes from (null: none). */
export type Explanation = Schemas['ExplanationDto'];
/** What changed in a context, by field (JSON Pointer), and which event did it. */
export type ContextDiff = Schemas['ContextDiffDto'];
/** Everything that one message caused, as a tree with times. */
export type Trace = Schemas['TraceDto'];
/** An event, a request to a source, an acknowledgement or an outside message, with what followed from it. */
export type TraceNode = Schemas['TraceNodeDto'];
/** An order of {@link Context.orders}, or the one in focus: its state by the clocks of the reporting systems. */
export type Order = Schemas['OrderTrackingDto'];
/** An event of a conversation's stream, as recorded. */
export type RecordedEvent = Schemas['EventDto'];
/** A single session, as of its last event. Times are ISO 8601. */
export type SessionDetails = Schemas['SessionDto'];
/** A row of the session table. Times are ISO 8601. */
export type SessionRow = Schemas['SessionRowDto'];
/** A row of the turn table. Times are ISO 8601. */
export type TurnRow = Schemas['TurnRowDto'];

/** Filters sessions, by their properties and what happened in them. `limit` is the page size (1 to 500). */
export type SessionsQuery = Omit<Query<'sessions'>, 'after' | 'channel'> & { readonly channel?: Channel };
/** Filters turns, by their properties and what happened in their session. `limit` is the page size (1 to 500). */
export type TurnsQuery = Omit<Query<'turns'>, 'after' | 'channel' | 'order'> & {
  readonly channel?: Channel;
  /** By time; oldest first by default. */
  readonly order?: 'asc' | 'desc';
};
/** Like {@link TurnsQuery}, for one page; `recorded`: in the order in which turns became visible. */
export type TurnsPageQuery = Omit<TurnsQuery, 'order'> & Pick<Query<'turns'>, 'after' | 'order'>;
/** Selects a part of a partner's timeline. `limit` is the page size (1 to 500). */
export type TimelineQuery = Omit<Query<'timeline'>, 'after'>;
/** A turn of a partner, or a milestone: a goal, flag, handoff, inquiry or channel, or the start or end of a session. */
export type TimelineItem = Schemas['TimelineItemDto'];
/** The comma-separated dimensions of the counts, the period, and a filter. */
export type TurnCountsQuery = Omit<Query<'countTurns'>, 'channel'> & { readonly channel?: Channel };
export type TurnCounts = Schemas['TurnCountsDto'];
/** The steps that sessions took, for {@link Turnstream.journeys}. */
export type JourneySearch = Omit<Schemas['JourneySearchDto'], 'after' | 'limit' | 'channel'> & {
  readonly limit?: number;
  readonly channel?: Channel;
};
/** A session that took the steps, with the time of each. */
export type Journey = Schemas['JourneyDto'];
/** Options of reads of personal data. */
export interface ReadOptions {
  /** Why auditors and administrators want to see personal data, such as `complaint:4711`; each such read is recorded. */
  readonly purpose?: string;
  readonly signal?: AbortSignal;
}

/** The value of an entity, or words, and further filters for {@link Turnstream.searchTurns}. */
export type TurnSearch = Omit<Schemas['TurnSearchDto'], 'after' | 'limit' | 'order' | 'channel'> & {
  readonly limit?: number;
  readonly order?: 'asc' | 'desc';
  readonly channel?: Channel;
};
/** The values of a partner's tokens; `unknown` lists those that are not tokens of the partner. */
export type Detokenised = Schemas['DetokenisedDto'];

/** The body of {@link Turnstream.createExport}: what to export, from when on, in which format. */
export type CreateExport = Omit<Schemas['ExportRequestDto'], 'channel' | 'gzip'> & {
  readonly channel?: Channel;
  readonly gzip?: boolean;
};
/** An export: its progress, its content, and its files with their SHA-256. */
export type Export = Schemas['ExportDto'];
/** An export in a list: its progress and its size. */
export type ListedExport = Schemas['ListedExportDto'];
export type ExportsPage = Schemas['ExportsPageDto'];

/** A question to other systems, for {@link Session.openInquiry}: `order_status` of an `order_id`, and so on. */
export type OpenInquiry = Omit<Schemas['OpenInquiryDto'], 'kind'> & {
  readonly kind: Declared<Schemas['OpenInquiryDto']['kind']>;
};
/** The inquiry that was opened; `joined` when the same question was already open. */
export type InquiryAccepted = Schemas['InquiryAcceptedDto'];
/** An inquiry with the state and latency of each source, and its merged answer once it is closed. */
export type Inquiry = Schemas['InquiryDto'];
/** The steps of an inquiry, in order; `truncated` when there are more. */
export type InquiryTimeline = Schemas['InquiryTimelineDto'];

/** A problem document (RFC 9457). */
export type Problem = Schemas['Problem'] & { readonly [member: string]: unknown };
export type SessionsPage = Schemas['SessionsPageDto'];
/** A page of turns. `next`: the `after` of the following page; `latest`, on a first page: where the order `recorded` continues. */
export type TurnsPage = Schemas['TurnsPageDto'];
export type TimelinePage = Schemas['TimelinePageDto'];
export type JourneysPage = Schemas['JourneysPageDto'];
export type EventsPage = Schemas['EventsPageDto'];

/** Options of every command. */
export interface CommandOptions {
  /**
   * Idempotency key, 1 to 255 visible ASCII characters: the same key again returns the original result. Default: a
   * generated one, which covers the retries of this call. Pass your own to repeat the call safely after a crash.
   */
  readonly key?: string;
  /** Throws {@link RevisionConflict} unless the session is at exactly this revision. Default: the latest state. */
  readonly expectedRevision?: number;
  /** The owner's epoch: throws {@link AgentReplaced} once another instance owns the session. */
  readonly agentEpoch?: number;
  /** Recorded in the events' metadata. */
  readonly correlationId?: string;
  /** W3C trace context, recorded in the events' metadata. */
  readonly traceparent?: string;
  /** Aborts the call and its retries. The command may be recorded nevertheless. */
  readonly signal?: AbortSignal;
}

/** Options of {@link Turnstream.resumeOrStart}, which can be repeated without a key. */
export type ResumeOrStartOptions = Pick<CommandOptions, 'correlationId' | 'traceparent' | 'signal'>;
