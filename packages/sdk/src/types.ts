import type { components, operations } from './openapi.ts';

type Schemas = components['schemas'];
type Query<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>;

/** The body of {@link Turnstream.startSession}. */
export type StartSession = Schemas['StartSessionDto'];
/** A turn of the user or the bot; with a user's turn, `response_text` is the bot's reply. */
export type RecordTurn = Schemas['RecordTurnDto'];
export type SetGoal = Schemas['SetGoalDto'];
export type UpdateGoal = Schemas['UpdateGoalDto'];
export type Handoff = Schemas['HandoffDto'];
export type ExternalUpdate = Schemas['ExternalUpdateDto'];
export type Preferences = Schemas['ChangePreferencesDto']['preferences'];
export type Channel = StartSession['channel'];
/** A flag's value: text, number, true or false. */
export type FlagValue = NonNullable<Schemas['RaiseFlagDto']['value']>;
/** One of several commands for {@link Session.commands}, told apart by `type`. */
export type CommandItem = Schemas['CommandsDto']['commands'][number];

/** What a command did. `revision` is that of the last event it appended, counted from 0. */
export type CommandResult = Schemas['CommandResultDto'] & {
  /** True when this very command was in already: nothing was added, and this is its first result. */
  readonly replayed: boolean;
};
export type AppendedEvent = Schemas['AppendedEventDto'];

/** The working context of a conversation at its `revision`. */
export type Context = Schemas['ContextDto'];
/** An event of a conversation's stream as it was recorded. */
export type RecordedEvent = Schemas['EventDto'];
/** A row of the table of sessions. Times are ISO 8601. */
export type SessionRow = Schemas['SessionRowDto'];
/** A row of the table of turns. Times are ISO 8601. */
export type TurnRow = Schemas['TurnRowDto'];

/** Which sessions: of a partner, by status, by channel. `limit` is the size of a page (1 to 500). */
export type SessionsQuery = Omit<Query<'sessions'>, 'after'>;
/** Which turns: of a session or partner, by intent, sender or time. `limit` is the size of a page (1 to 500). */
export type TurnsQuery = Omit<Query<'turns'>, 'after'>;

/** A question to other systems, for {@link Session.openInquiry}: `order_status` of an `order_id`, and so on. */
export type OpenInquiry = Schemas['OpenInquiryDto'];
/** An inquiry that was opened, or `joined` since the same question was open already. */
export type InquiryAccepted = Schemas['InquiryAcceptedDto'];
/** An inquiry with the state and latency of each source, and its merged answer once it is closed. */
export type Inquiry = Schemas['InquiryDto'];

export type Problem = Schemas['Problem'] & { readonly [member: string]: unknown };
export type SessionsPage = Schemas['SessionsPageDto'];
export type TurnsPage = Schemas['TurnsPageDto'];
export type EventsPage = Schemas['EventsPageDto'];

/** What may go with any command. */
export interface CommandOptions {
  /**
   * Names the command, 1 to 255 visible ASCII characters: the same key again gives the first result. Left out, one is
   * made, which covers the retries of this call. Give your own to make a repetition after a crash harmless as well.
   */
  readonly key?: string;
  /** Only when the session is at exactly this revision, else {@link RevisionConflict}. Left out: on the latest. */
  readonly expectedRevision?: number;
  /** The epoch under which the session is held: refused with {@link AgentReplaced} once another instance has it. */
  readonly agentEpoch?: number;
  /** Carried into the events' metadata. */
  readonly correlationId?: string;
  /** W3C trace context, carried into the events' metadata. */
  readonly traceparent?: string;
  /** Gives up waiting, retries included. The command may be in all the same. */
  readonly signal?: AbortSignal;
}
