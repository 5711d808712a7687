import { runCommand } from './command.ts';
import type { Command } from './command.ts';
import { pages, search } from './pages.ts';
import type { ContextDiffOptions, ContextOptions, EventsOptions } from './reads.ts';
import { contextQuery, diffQuery, eventsQuery } from './reads.ts';
import type { Sender } from './transport.ts';
import type {
  Channel,
  CommandItem,
  CommandOptions,
  CommandResult,
  Context,
  ContextDiff,
  EventsPage,
  ExplainedContext,
  ExternalUpdate,
  FlagValue,
  Fork,
  Handoff,
  Inquiry,
  InquiryAccepted,
  InquiryTimeline,
  OpenInquiry,
  Preferences,
  RecordedEvent,
  RecordTurn,
  SessionDetails,
  SetGoal,
  TurnRow,
  TurnsPage,
  UpdateGoal,
} from './types.ts';

export interface SessionOptions {
  /** The highest known revision. */
  readonly revision?: number | undefined;
  readonly started?: CommandResult | undefined;
  /** The epoch that the commands carry, for an agent that owns the session. */
  readonly epoch?: (() => number) | undefined;
}

/**
 * One conversation. Each command has an idempotency key, is retried while the system is unavailable, and is recorded
 * exactly once.
 *
 * All commands throw {@link SessionNotFound}, {@link CommandNotAllowed} when the session's state does not allow them
 * (none is allowed after its end), {@link RevisionConflict} with `expectedRevision`, {@link KeyReused} for the key of
 * another command, {@link InvalidRequest} and {@link Unavailable}.
 */
export class Session {
  /** UUID of the session. */
  readonly id: string;
  /** The result of the start; undefined for a session that this object did not start. */
  readonly started: CommandResult | undefined;
  private readonly transport: Sender;
  private readonly epoch: (() => number) | undefined;
  private knownRevision: number;

  constructor(transport: Sender, id: string, { revision = -1, started, epoch }: SessionOptions = {}) {
    this.transport = transport;
    this.id = id;
    this.started = started;
    this.epoch = epoch;
    this.knownRevision = revision;
  }

  /** The highest revision that the commands of this object returned, -1 before the first. */
  get revision(): number {
    return this.knownRevision;
  }

  /** Records a turn; `response_text` adds the bot's reply to a user's turn. The same `turn_id` again adds nothing. */
  recordTurn(turn: RecordTurn, options?: CommandOptions): Promise<CommandResult> {
    return this.command('POST', '/turns', turn, options);
  }

  /** Sets the current goal; the previous one is suspended and resumes later. */
  setGoal(goal: SetGoal, options?: CommandOptions): Promise<CommandResult> {
    return this.command('POST', '/goals', goal, options);
  }

  /**
   * Changes a goal's step or status; a finished goal resumes the suspended one.
   * @throws CommandNotAllowed (`goal_not_set`, `goal_suspended`)
   */
  updateGoal(goal: string, change: UpdateGoal, options?: CommandOptions): Promise<CommandResult> {
    return this.command('PATCH', `/goals/${encodeURIComponent(goal)}`, change, options);
  }

  /** Raises a flag; its name has lower-case letters, digits and `_`. Derived flags cannot be raised. */
  raiseFlag(flag: string, value: FlagValue = true, options?: CommandOptions): Promise<CommandResult> {
    return this.command('PUT', `/flags/${encodeURIComponent(flag)}`, { value }, options);
  }

  /** Clears a flag. */
  clearFlag(flag: string, options?: CommandOptions): Promise<CommandResult> {
    return this.command('DELETE', `/flags/${encodeURIComponent(flag)}`, undefined, options);
  }

  /** Continues the conversation on another channel, with its whole context. */
  switchChannel(channel: Channel, options?: CommandOptions): Promise<CommandResult> {
    return this.command('POST', '/channel', { channel }, options);
  }

  /** Sets preferences by name; null removes one. `language` is the preferred language. */
  changePreferences(preferences: Preferences, options?: CommandOptions): Promise<CommandResult> {
    return this.command('POST', '/preferences', { preferences }, options);
  }

  /** Requests, accepts or returns a handoff to a human. */
  handoff(handoff: Handoff, options?: CommandOptions): Promise<CommandResult> {
    return this.command('POST', '/handoff', handoff, options);
  }

  /** Records an update from another system. The same `system` and `source_event_id` again add nothing. */
  externalUpdate(update: ExternalUpdate, options?: CommandOptions): Promise<CommandResult> {
    return this.command('POST', '/external-updates', update, options);
  }

  /**
   * Asks other systems and returns at once. Their answers are added to the context as they arrive.
   * @throws CommandNotAllowed (`too_many_inquiries`)
   */
  async openInquiry(inquiry: OpenInquiry, options: CommandOptions = {}): Promise<InquiryAccepted> {
    const command = {
      method: 'POST',
      path: this.path('/inquiries'),
      body: inquiry,
      options: this.withEpoch(options),
    } as const;
    const accepted = await runCommand<InquiryAccepted>(this.transport, command);
    this.knownRevision = Math.max(this.knownRevision, accepted.revision);
    return accepted;
  }

  /** The current state of an inquiry. @throws SessionNotFound also when the session has no such inquiry */
  async inquiry(inquiryId: string, signal?: AbortSignal): Promise<Inquiry> {
    const path = this.path(`/inquiries/${encodeURIComponent(inquiryId)}`);
    return (await this.transport.send<Inquiry>({ method: 'GET', path, signal })).body;
  }

  /**
   * The steps of an inquiry: requests, replies and how it closed, with their times.
   * @throws SessionNotFound also when the session has no such inquiry
   */
  async inquiryTimeline(inquiryId: string, signal?: AbortSignal): Promise<InquiryTimeline> {
    const path = this.path(`/inquiries/${encodeURIComponent(inquiryId)}/timeline`);
    return (await this.transport.send<InquiryTimeline>({ method: 'GET', path, signal })).body;
  }

  /** Closes an inquiry without waiting for its answers. */
  cancelInquiry(inquiryId: string, options?: CommandOptions): Promise<CommandResult> {
    return this.command('DELETE', `/inquiries/${encodeURIComponent(inquiryId)}`, undefined, options);
  }

  /** Ends the session; no command is allowed afterwards. */
  end(reason?: string, options?: CommandOptions): Promise<CommandResult> {
    return this.command('POST', '/end', reason === undefined ? {} : { reason }, options);
  }

  /** Records up to 50 commands atomically: all or none. */
  commands(commands: readonly CommandItem[], options?: CommandOptions): Promise<CommandResult> {
    return this.command('POST', '/commands', { commands }, options);
  }

  /**
   * Forks the session: starts a new one from its present state, or its state at `at_revision`, which continues independently. `purpose` is
   * 3 to 64 of a to z, digits and `_.:-`, such as `what_if`. For services, analysts and administrators.
   * @throws CommandNotAllowed (`session_erased`)
   */
  async fork(fork: Fork, options: CommandOptions = {}): Promise<Session> {
    const command = { method: 'POST', path: this.path('/fork'), body: fork, options } as const;
    const result = await runCommand(this.transport, command);
    return new Session(this.transport, result.session_id, { revision: result.revision, started: result });
  }

  /** The session's partner, channel, status and times as of its last event. @throws SessionNotFound */
  async details(signal?: AbortSignal): Promise<SessionDetails> {
    return (await this.transport.send<SessionDetails>({ method: 'GET', path: this.path(''), signal })).body;
  }

  /**
   * The working context, at present or in the past.
   * @throws SessionNotFound also at a time before the session started; RevisionConflict when the session is not at
   * `minRevision` or `atRevision` yet; TurnstreamError (`history_gone`) when the events of that past are deleted
   */
  context(options: ContextOptions = {}): Promise<Context> {
    return this.get(`/context${contextQuery(options, this.knownRevision)}`, options.signal);
  }

  /** Like {@link Session.context}, with the event, actor and outside system behind each field. */
  explainedContext(options: ContextOptions = {}): Promise<ExplainedContext> {
    return this.get(`/context${contextQuery(options, this.knownRevision, '1')}`, options.signal);
  }

  /** What changed in the context between two points, and which event did it. @throws as {@link Session.context} */
  contextDiff(options: ContextDiffOptions = {}): Promise<ContextDiff> {
    return this.get(`/context/diff${diffQuery(options)}`, options.signal);
  }

  /** The working context if it is newer than `revision`, else undefined without transferring it (304). */
  async contextAfter(revision: number, signal?: AbortSignal): Promise<Context | undefined> {
    const { body } = await this.transport.send<Context | undefined>({
      method: 'GET',
      path: this.path(`/context${search({ min_revision: revision })}`),
      headers: { 'if-none-match': `"${revision}"` },
      signal,
    });
    return body;
  }

  /** The events of the stream; pages are fetched on demand. */
  events(options: EventsOptions = {}): AsyncGenerator<RecordedEvent, void> {
    return pages<RecordedEvent>(async (after) => {
      const page = await this.get<EventsPage>(`/events${eventsQuery(options, after)}`);
      return { items: page.events, next: page.next_revision === null ? null : String(page.next_revision) };
    });
  }

  /** The conversation's rows in the turn table, oldest first; `limit` is the page size. Eventually consistent. */
  turns(limit?: number): AsyncGenerator<TurnRow, void> {
    return pages<TurnRow>(async (after) => {
      const path = `/v1/turns${search({ session_id: this.id, limit, after })}`;
      return (await this.transport.send<TurnsPage>({ method: 'GET', path })).body;
    });
  }

  private async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await this.transport.send<T>({ method: 'GET', path: this.path(path), signal })).body;
  }

  private async command(
    method: Command['method'],
    path: string,
    body: object | undefined,
    options: CommandOptions = {},
  ): Promise<CommandResult> {
    const command = { method, path: this.path(path), body, options: this.withEpoch(options) };
    const result = await runCommand(this.transport, command);
    this.knownRevision = Math.max(this.knownRevision, result.revision);
    return result;
  }

  private withEpoch(options: CommandOptions): CommandOptions {
    return this.epoch === undefined ? options : { agentEpoch: this.epoch(), ...options };
  }

  private path(rest: string): string {
    return `/v1/sessions/${encodeURIComponent(this.id)}${rest}`;
  }
}
