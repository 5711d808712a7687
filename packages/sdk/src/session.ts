import { runCommand } from './command.ts';
import type { Command } from './command.ts';
import { pages, search } from './pages.ts';
import type { Sender } from './transport.ts';
import type {
  Channel,
  CommandItem,
  CommandOptions,
  CommandResult,
  Context,
  EventsPage,
  ExternalUpdate,
  FlagValue,
  Handoff,
  Inquiry,
  InquiryAccepted,
  OpenInquiry,
  Preferences,
  RecordedEvent,
  RecordTurn,
  SetGoal,
  TurnRow,
  TurnsPage,
  UpdateGoal,
} from './types.ts';

export interface ContextOptions {
  /**
   * Answer with at least this revision. Default: the last one that this object's commands have written, so you read
   * your own writes. 0 takes whatever is at hand, which is the cheapest.
   */
  readonly minRevision?: number;
  readonly signal?: AbortSignal;
}

export interface EventsOptions {
  /** The first revision wanted. Default 0. */
  readonly fromRevision?: number;
  /** Size of a page, 1 to 1,000. Default 100. */
  readonly limit?: number;
}

/**
 * One conversation. Each command makes its own key, is retried while the system is away, and is in exactly once.
 *
 * All commands throw {@link SessionNotFound}, {@link CommandNotAllowed} when the session's state does not allow them
 * (all of them once it is over), {@link RevisionConflict} with `expectedRevision`, {@link KeyReused} for a key of
 * another command, {@link InvalidRequest} and {@link Unavailable}.
 */
export class Session {
  private reached: number;

  constructor(
    private readonly transport: Sender,
    /** UUID of the session. */
    readonly id: string,
    revision: number,
    /** What the start did; undefined for a session that was not started here. */
    readonly started?: CommandResult,
    /** The epoch that its commands carry, for an agent that holds the session. */
    private readonly epoch?: () => number,
  ) {
    this.reached = revision;
  }

  /** The highest revision that the commands of this object have shown, -1 before the first. */
  get revision(): number {
    return this.reached;
  }

  /** Records a turn, and with a user's turn the bot's reply if `response_text` is given. The same `turn_id` again adds nothing. */
  recordTurn(turn: RecordTurn, options?: CommandOptions): Promise<CommandResult> {
    return this.command('POST', '/turns', turn, options);
  }

  /** Sets the current goal; the one before it is suspended and returns later. */
  setGoal(goal: SetGoal, options?: CommandOptions): Promise<CommandResult> {
    return this.command('POST', '/goals', goal, options);
  }

  /**
   * Moves a goal's step or status; a finished goal brings the suspended one back.
   * @throws CommandNotAllowed (`goal_not_set`, `goal_suspended`)
   */
  updateGoal(goal: string, change: UpdateGoal, options?: CommandOptions): Promise<CommandResult> {
    return this.command('PATCH', `/goals/${encodeURIComponent(goal)}`, change, options);
  }

  /** Raises a flag, named in lower-case letters, digits and `_`. Derived flags cannot be raised. */
  raiseFlag(flag: string, value: FlagValue = true, options?: CommandOptions): Promise<CommandResult> {
    return this.command('PUT', `/flags/${encodeURIComponent(flag)}`, { value }, options);
  }

  clearFlag(flag: string, options?: CommandOptions): Promise<CommandResult> {
    return this.command('DELETE', `/flags/${encodeURIComponent(flag)}`, undefined, options);
  }

  /** The conversation goes on over another channel, with all it knows. */
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

  /** Records news of another system. The same `system` and `source_event_id` again add nothing. */
  externalUpdate(update: ExternalUpdate, options?: CommandOptions): Promise<CommandResult> {
    return this.command('POST', '/external-updates', update, options);
  }

  /**
   * Asks other systems and returns at once. The answers come into the context as they arrive.
   * @throws CommandNotAllowed (`too_many_inquiries`)
   */
  async openInquiry(inquiry: OpenInquiry, options: CommandOptions = {}): Promise<InquiryAccepted> {
    const command = {
      method: 'POST',
      path: this.path('/inquiries'),
      body: inquiry,
      options: this.fenced(options),
    } as const;
    const accepted = await runCommand<InquiryAccepted>(this.transport, command);
    this.reached = Math.max(this.reached, accepted.revision);
    return accepted;
  }

  /** An inquiry as it stands now. @throws SessionNotFound also when the session has no such inquiry */
  async inquiry(inquiryId: string, signal?: AbortSignal): Promise<Inquiry> {
    const path = this.path(`/inquiries/${encodeURIComponent(inquiryId)}`);
    return (await this.transport.send<Inquiry>({ method: 'GET', path, signal })).body;
  }

  /** Closes an inquiry without waiting for its answers. */
  cancelInquiry(inquiryId: string, options?: CommandOptions): Promise<CommandResult> {
    return this.command('DELETE', `/inquiries/${encodeURIComponent(inquiryId)}`, undefined, options);
  }

  /** Ends the session; after it no command is allowed. */
  end(reason?: string, options?: CommandOptions): Promise<CommandResult> {
    return this.command('POST', '/end', reason === undefined ? {} : { reason }, options);
  }

  /** Several commands in one append: all of them or none. At most 50. */
  commands(commands: readonly CommandItem[], options?: CommandOptions): Promise<CommandResult> {
    return this.command('POST', '/commands', { commands }, options);
  }

  /**
   * The working context.
   * @throws SessionNotFound, RevisionConflict when the session has not reached `minRevision`
   */
  async context({ minRevision = this.reached, signal }: ContextOptions = {}): Promise<Context> {
    const query = search({ min_revision: minRevision > 0 ? minRevision : undefined });
    const { body } = await this.transport.send<Context>({
      method: 'GET',
      path: this.path(`/context${query}`),
      signal,
    });
    return body;
  }

  /** The working context when it is past the revision you have, else undefined: then nothing is transferred. */
  async contextAfter(revision: number, signal?: AbortSignal): Promise<Context | undefined> {
    const { body } = await this.transport.send<Context | undefined>({
      method: 'GET',
      path: this.path(`/context${search({ min_revision: revision })}`),
      headers: { 'if-none-match': `"${revision}"` },
      signal,
    });
    return body;
  }

  /** The events of the stream, the oldest first, page by page as they are asked for. */
  events({ fromRevision, limit }: EventsOptions = {}): AsyncGenerator<RecordedEvent, void> {
    return pages<RecordedEvent>(async (after) => {
      const query = search({ from_revision: after ?? fromRevision, limit });
      const { body } = await this.transport.send<EventsPage>({
        method: 'GET',
        path: this.path(`/events${query}`),
      });
      return { items: body.events, next: body.next_revision === null ? null : String(body.next_revision) };
    });
  }

  /** The rows of the conversation's turns, the oldest first. The table follows the stream within moments. */
  turns(limit?: number): AsyncGenerator<TurnRow, void> {
    return pages<TurnRow>(async (after) => {
      const path = `/v1/turns${search({ session_id: this.id, limit, after })}`;
      return (await this.transport.send<TurnsPage>({ method: 'GET', path })).body;
    });
  }

  private async command(
    method: Command['method'],
    path: string,
    body: object | undefined,
    options: CommandOptions = {},
  ): Promise<CommandResult> {
    const command = { method, path: this.path(path), body, options: this.fenced(options) };
    const result = await runCommand(this.transport, command);
    this.reached = Math.max(this.reached, result.revision);
    return result;
  }

  private fenced(options: CommandOptions): CommandOptions {
    return this.epoch === undefined ? options : { agentEpoch: this.epoch(), ...options };
  }

  private path(rest: string): string {
    return `/v1/sessions/${encodeURIComponent(this.id)}${rest}`;
  }
}
