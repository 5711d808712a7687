import { randomUUID } from 'node:crypto';
import { pages, search } from './pages.ts';
import { Session } from './session.ts';
import { Transport } from './transport.ts';
import type {
  CommandOptions,
  SessionRow,
  SessionsPage,
  SessionsQuery,
  StartSession,
  TurnRow,
  TurnsPage,
  TurnsQuery,
} from './types.ts';
import { runCommand } from './command.ts';

export interface TurnstreamOptions {
  /** Address of the api, as `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Who sends the commands, 1 to 128 visible ASCII characters; stands in the events' metadata. */
  readonly agentId?: string;
  /** Longest wait for one attempt, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** How long a request is tried again while the system is away, in milliseconds; 0: never. Default 30,000. */
  readonly retryForMs?: number;
  /** Most connections at once. Default 64. */
  readonly connections?: number;
}

/**
 * A client of Turnstream. One for the whole process: it keeps its connections.
 *
 * All methods that talk to the api throw {@link Unavailable} when it stays away for `retryForMs`, and
 * {@link InvalidRequest} when an argument is wrong.
 */
export class Turnstream {
  private readonly transport: Transport;

  constructor({
    url,
    agentId,
    timeoutMs = 10_000,
    retryForMs = 30_000,
    connections = 64,
  }: TurnstreamOptions) {
    this.transport = new Transport({ url, agentId, timeoutMs, retryForMs, connections });
  }

  /**
   * Starts a session. It begins with what is remembered of the partner: language, preferences, open goals.
   * @throws CommandNotAllowed (`session_exists`) when the `session_id` given is taken by another start
   */
  async startSession(start: StartSession, options: CommandOptions = {}): Promise<Session> {
    const key = options.key ?? randomUUID();
    const result = await runCommand(this.transport, {
      method: 'POST',
      path: '/v1/sessions',
      body: start,
      options: { ...options, key },
    });
    return new Session(this.transport, result.session_id, result.revision, result);
  }

  /** A session that exists, without asking whether it does. `revision`: what you know it to have reached. */
  session(sessionId: string, revision = -1): Session {
    return new Session(this.transport, sessionId, revision);
  }

  /** The partner's newest active session, or undefined. Read from the table, which follows within moments. */
  async findActive(partnerId: string): Promise<Session | undefined> {
    const query: SessionsQuery = { partner_id: partnerId, status: 'active', limit: 1 };
    for await (const row of this.sessions(query)) return this.session(row.session_id, row.revision);
    return undefined;
  }

  /** Sessions, the newest first, page by page as they are asked for. */
  sessions(query: SessionsQuery = {}): AsyncGenerator<SessionRow, void> {
    return pages<SessionRow>((after) => this.get<SessionsPage>(`/v1/sessions${search({ ...query, after })}`));
  }

  /** Turns, the oldest first, page by page as they are asked for. */
  turns(query: TurnsQuery = {}): AsyncGenerator<TurnRow, void> {
    return pages<TurnRow>((after) => this.get<TurnsPage>(`/v1/turns${search({ ...query, after })}`));
  }

  /** Closes the connections once what is under way is done. */
  async close(): Promise<void> {
    await this.transport.close();
  }

  private async get<T>(path: string): Promise<T> {
    const { body } = await this.transport.send<T>({ method: 'GET', path });
    return body;
  }
}
