import { randomUUID } from 'node:crypto';
import { toRequest, why } from './call.ts';
import type { CallOptions } from './call.ts';
import { runCommand } from './command.ts';
import type { CreateExportOptions, ExportFileOptions } from './exports.ts';
import { createExport, exportFile, pathOf, whenExported } from './exports.ts';
import { pages, search } from './pages.ts';
import { Session } from './session.ts';
import type { Token } from './token.ts';
import { TokenSource } from './token.ts';
import { Transport } from './transport.ts';
import type { StreamedAnswer } from './transport.ts';
import type {
  CommandOptions,
  CreateExport,
  Detokenised,
  Export,
  ListedExport,
  ExportsPage,
  Journey,
  JourneySearch,
  JourneysPage,
  PartnerSession,
  ReadOptions,
  ResumeOrStart,
  ResumeOrStartOptions,
  SessionRow,
  SessionsPage,
  SessionsQuery,
  StartSession,
  Ticket,
  Trace,
  TimelineItem,
  TimelinePage,
  TimelineQuery,
  TurnCounts,
  TurnCountsQuery,
  TurnRow,
  TurnSearch,
  TurnsPage,
  TurnsPageQuery,
  TurnsQuery,
} from './types.ts';

/** For {@link Turnstream}. */
export interface TurnstreamOptions {
  /** Address of the API, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  /** The sender of the commands, 1 to 128 visible ASCII characters; recorded in the events' metadata. */
  readonly agentId?: string;
  /**
   * The token, or a function that returns one, which is called again when the API refuses the token. Default: TURNSTREAM_TOKEN of
   * the environment, if it is set.
   */
  readonly token?: Token;
  /**
   * Why personal data is read, as your own identifier (`complaint:4711`), sent as Access-Purpose: auditors and
   * administrators need one to see personal data, and it is recorded.
   */
  readonly purpose?: string;
  /** Timeout of one attempt, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /**
   * How long a request is retried while the system is unavailable or overloaded, in milliseconds, at most 50 times; 0:
   * never. Default 30,000.
   */
  readonly retryForMs?: number;
  /** Size of the connection pool. Default 64. */
  readonly connections?: number;
  /**
   * The addresses of other cells by their names, where `url` is not that of a router: what is in another cell is sent there.
   */
  readonly cells?: Readonly<Record<string, string>>;
}

/**
 * A client of Turnstream. Create one per process: it pools its connections.
 *
 * All methods that call the API throw {@link Unavailable} when it is unavailable for `retryForMs`, and
 * {@link InvalidRequest} when an argument is invalid.
 */
export class Turnstream {
  private readonly transport: Transport;

  constructor({
    agentId,
    token,
    timeoutMs = 10_000,
    retryForMs = 30_000,
    connections = 64,
    ...more
  }: TurnstreamOptions) {
    const source = new TokenSource(token);
    this.transport = new Transport({ ...more, agentId, token: source, timeoutMs, retryForMs, connections });
  }

  /**
   * The partner's session: the most recently active one of any channel, or a new one. Concurrent calls, from any
   * process, get the same session, so a webhook can simply call it for each message. `start` is used only for a new session
   * (`session.started` is then set); continue on another channel with {@link Session.switchChannel}.
   */
  async resumeOrStart(
    partnerId: string,
    start: ResumeOrStart,
    options: ResumeOrStartOptions = {},
  ): Promise<Session> {
    const {
      resumed,
      channel: _channel,
      ...result
    } = await runCommand<PartnerSession>(this.transport, {
      method: 'POST',
      path: `/v1/partners/${encodeURIComponent(partnerId)}/session`,
      body: start,
      options,
    });
    const started = resumed ? undefined : result;
    return new Session(this.transport, result.session_id, { revision: result.revision, started });
  }

  /**
   * Starts another session, which inherits the partner's language, preferences and open goals.
   * @throws CommandNotAllowed (`session_exists`) when another start used the given `session_id`
   */
  async startSession(start: StartSession, options: CommandOptions = {}): Promise<Session> {
    const result = await runCommand(this.transport, {
      method: 'POST',
      path: '/v1/sessions',
      body: start,
      options,
    });
    return new Session(this.transport, result.session_id, { revision: result.revision, started: result });
  }

  /** An existing session; makes no request. `revision`: the highest one that you know. */
  session(sessionId: string, revision?: number): Session {
    return new Session(this.transport, sessionId, { revision });
  }

  /**
   * The partner's newest active session, or undefined. Reads the session table, which is eventually consistent: to
   * continue a conversation use {@link Turnstream.resumeOrStart}.
   */
  async findActive(partnerId: string): Promise<Session | undefined> {
    const query: SessionsQuery = { partner_id: partnerId, status: 'active', limit: 1 };
    for await (const row of this.sessions(query)) return this.session(row.session_id, row.revision);
    return undefined;
  }

  /** Sessions, newest first; pages are fetched on demand. */
  sessions(query: SessionsQuery = {}): AsyncGenerator<SessionRow, void> {
    return pages<SessionRow>((after) => this.get<SessionsPage>(`/v1/sessions${search({ ...query, after })}`));
  }

  /** Turns, oldest first unless `order` differs; pages are fetched on demand. */
  turns(query: TurnsQuery = {}, options: ReadOptions = {}): AsyncGenerator<TurnRow, void> {
    return pages<TurnRow>((after) => this.turnsPage({ ...query, after }, options));
  }

  /**
   * One page of turns. To follow new turns, read the newest page (`order: 'desc'`) and continue with `order: 'recorded'` and its `latest`
   * as `after`, then with each `next`: every new turn is returned once.
   */
  turnsPage(query: TurnsPageQuery = {}, options: ReadOptions = {}): Promise<TurnsPage> {
    return this.get<TurnsPage>(`/v1/turns${search({ ...query })}`, options);
  }

  /** The turns and milestones of a partner over all sessions and channels, by time; pages are fetched on demand. For analysts, auditors and administrators. */
  timeline(
    partnerId: string,
    query: TimelineQuery = {},
    options: ReadOptions = {},
  ): AsyncGenerator<TimelineItem, void> {
    const path = `/v1/partners/${encodeURIComponent(partnerId)}/timeline`;
    return pages<TimelineItem>((after) =>
      this.get<TimelinePage>(`${path}${search({ ...query, after })}`, options),
    );
  }

  /** The number of turns by day, intent, channel and so on. For analysts, auditors and administrators. */
  countTurns(query: TurnCountsQuery = {}): Promise<TurnCounts> {
    return this.get<TurnCounts>(`/v1/stats/turns${search({ ...query })}`);
  }

  /** Sessions that took some steps, by the time of the first; pages are fetched on demand. For analysts, auditors and administrators. */
  journeys(query: JourneySearch): AsyncGenerator<Journey, void> {
    return pages<Journey>((after) => this.post<JourneysPage>('/v1/journeys/search', { ...query, after }));
  }

  /** A ticket with which a browser opens one WebSocket or event stream, as `?ticket=`, within 30 s. */
  async ticket(): Promise<Ticket> {
    const { body } = await this.transport.send<Ticket>({ method: 'POST', path: '/v1/tickets' });
    return body;
  }

  /**
   * Turns with a value of an entity, or with words, oldest first; pages are fetched on demand. A personal value, such as a phone number,
   * can only be found with its `partner_id`. Without a partner or a session the last 31 days are searched, unless `from` says otherwise.
   * Auditors and administrators need a purpose.
   */
  searchTurns(query: TurnSearch, options: ReadOptions = {}): AsyncGenerator<TurnRow, void> {
    return pages<TurnRow>((after) => this.post<TurnsPage>('/v1/turns/search', { ...query, after }, options));
  }

  /**
   * The values of a partner's tokens (`tok_phone_…_3210`), at most 100. Each call is recorded with its purpose, 3 to 64
   * of a to z, digits and `_.:-`. For services, auditors and administrators.
   */
  async detokenise(partnerId: string, tokens: readonly string[], purpose: string): Promise<Detokenised> {
    const path = `/v1/partners/${encodeURIComponent(partnerId)}/detokenise`;
    const request = { method: 'POST', path, body: { tokens, purpose } } as const;
    return (await this.transport.send<Detokenised>(request)).body;
  }

  /**
   * Everything that one message caused across sessions, as a tree: by the correlation id of a command, or of an event. For
   * analysts, auditors and administrators.
   * @throws SessionNotFound when no event has it, or none is projected yet
   */
  trace(correlationId: string): Promise<Trace> {
    return this.get(`/v1/trace/${encodeURIComponent(correlationId)}`);
  }

  /**
   * Calls a route without its own method here, such as `/v1/access`, and returns the answer's body. It is retried while the system is
   * unavailable, so give a POST that creates something an `idempotency-key`.
   */
  async request<T>(path: string, options: CallOptions = {}): Promise<T> {
    return (await this.transport.send<T>(toRequest(path, options))).body;
  }

  /**
   * Calls a route and returns its answer as it arrives: NDJSON, an event stream, a file. The reader must handle a lost
   * connection, and waits at most `timeoutMs` for the next bytes: use 30 s or more for event streams, which may be silent for 15 s.
   */
  stream(path: string, options: CallOptions = {}): Promise<StreamedAnswer> {
    return this.transport.stream(toRequest(path, options));
  }

  /**
   * Requests an export of turns, sessions, events or conversations for training, which is written in the background. Personal
   * values are masked unless there is a `purpose`, and always for analysts. The same `export_id` again returns the same export; left out, one is generated.
   * @throws KeyReused when the `export_id` was used for another request
   */
  createExport(request: CreateExport, options: CreateExportOptions = {}): Promise<Export> {
    return createExport(this.transport, { export_id: randomUUID(), ...request }, options);
  }

  /** The progress of an export, and its complete files. */
  export(exportId: string): Promise<Export> {
    return this.get<Export>(pathOf(exportId));
  }

  /** Your exports, newest first and without their files; pages are fetched on demand. */
  exports(): AsyncGenerator<ListedExport, void> {
    return pages<ListedExport>((after) => this.get<ExportsPage>(`/v1/exports${search({ after })}`));
  }

  /** Resolves when an export is over: `done`, or `failed`, `withdrawn`, `deleted`, `expired`. */
  whenExported(exportId: string, signal?: AbortSignal): Promise<Export> {
    return whenExported(this.transport, exportId, signal);
  }

  /** The bytes of a file of an export, as they arrive; a lost connection is reopened where it ended. */
  exportFile(
    exportId: string,
    name: string,
    options: ExportFileOptions = {},
  ): AsyncGenerator<Uint8Array, void> {
    return exportFile(this.transport, exportId, name, options);
  }

  /** Ends an export and removes its files. */
  async deleteExport(exportId: string): Promise<void> {
    await this.transport.send({ method: 'DELETE', path: pathOf(exportId) });
  }

  /** Closes the connections after the requests in flight. */
  async close(): Promise<void> {
    await this.transport.close();
  }

  private async get<T>(path: string, { purpose, signal }: ReadOptions = {}): Promise<T> {
    const { body } = await this.transport.send<T>({ method: 'GET', path, headers: why(purpose), signal });
    return body;
  }

  private async post<T>(path: string, query: object, { purpose, signal }: ReadOptions = {}): Promise<T> {
    const request = { method: 'POST', path, headers: why(purpose), body: query, signal } as const;
    return (await this.transport.send<T>(request)).body;
  }
}
