import { Pool } from 'undici';
import {
  clientClosed,
  invalid,
  messageOf,
  SessionElsewhere,
  toError,
  TurnstreamError,
  Unavailable,
  unreachable,
} from './errors.ts';
import { retry } from './retry.ts';
import { timerMs } from './timer.ts';
import type { TokenSource } from './token.ts';
import type { Problem } from './types.ts';

export interface TransportOptions {
  readonly url: string;
  readonly agentId: string | undefined;
  readonly purpose?: string | undefined;
  readonly token: TokenSource;
  readonly timeoutMs: number;
  readonly retryForMs: number;
  readonly connections: number;
  /** The addresses of other cells, by name. */
  readonly cells?: Readonly<Record<string, string>> | undefined;
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Starting with `/v1`, encoded. */
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: object | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The body of an answer as it arrives. */
export interface StreamedAnswer {
  readonly body: AsyncIterable<Uint8Array>;
  readonly headers: Answer<unknown>['headers'];
}

export interface Answer<T> {
  readonly body: T;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** How often a request is sent on: two cells that name each other are in the middle of a move. */
const mostHops = 3;

/** Sends the requests of sessions: one node, or several with failover. */
export type Sender = Pick<Transport, 'send'>;

/**
 * Sends requests over pooled connections and retries them: reads, and commands, which all carry a key.
 * undici's Pool takes a fifth of the CPU time of the global fetch.
 */
export class Transport {
  private readonly pool: Pool;
  private readonly base: string;
  /** Those to other cells, by name. */
  private readonly others = new Map<string, Transport>();

  constructor(private readonly options: TransportOptions) {
    const { origin, pathname } = new URL(options.url);
    const { connections } = options;
    const timeoutMs = timerMs(options.timeoutMs);
    this.base = pathname.replace(/\/$/, '');
    this.pool = new Pool(origin, {
      connections,
      connect: { timeout: timeoutMs },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  }

  /** @returns the answer; its body is undefined for 304 */
  send<T>(request: Request): Promise<Answer<T>> {
    const attempt = (there: Transport): Promise<Answer<T>> =>
      there.withToken((token) => there.sendWith<T>(token, request));
    return this.retry(request, attempt);
  }

  /** Like `send`, but the body is read as it arrives; the reader must handle a lost connection. */
  stream(request: Request): Promise<StreamedAnswer> {
    const attempt = (there: Transport): Promise<StreamedAnswer> =>
      there.withToken((token) => there.open(token, request));
    return this.retry(request, attempt);
  }

  async close(): Promise<void> {
    await Promise.all([this.pool.close(), ...[...this.others.values()].map((other) => other.close())]);
  }

  private retry<T>(request: Request, attempt: (there: Transport) => Promise<T>): Promise<T> {
    const { signal } = request;
    return retry(() => this.follow(attempt, keyOf(request)), { forMs: this.options.retryForMs, signal });
  }

  /**
   * Makes an attempt, here or in the cell that has the session. @throws SessionElsewhere, or Unavailable while the session moves:
   * nobody knows yet, or two cells name each other
   */
  private async follow<T>(attempt: (there: Transport) => Promise<T>, key: string | undefined): Promise<T> {
    let there: Transport | undefined;
    for (let hops = 0; ; hops += 1) {
      try {
        return await attempt(there ?? this);
      } catch (error) {
        if (!(error instanceof SessionElsewhere)) throw error;
        const other = error.cell === undefined ? undefined : this.inCell(error.cell);
        if (error.cell !== undefined && other === undefined) throw error;
        if (other === undefined || hops >= mostHops)
          throw new Unavailable(error.problem, { key, cause: error });
        there = other;
      }
    }
  }

  private inCell(cell: string): Transport | undefined {
    const url = this.options.cells?.[cell];
    if (url === undefined) return undefined;
    const known = this.others.get(cell) ?? new Transport({ ...this.options, url, cells: undefined });
    this.others.set(cell, known);
    return known;
  }

  /** A refused token may have expired: another one is tried, once. */
  private async withToken<T>(attempt: (token: string | undefined) => Promise<T>): Promise<T> {
    const { token } = this.options;
    const first = token.get();
    try {
      return await attempt(await first);
    } catch (error) {
      if (!isUnauthenticated(error) || !token.refresh(first)) throw error;
      return attempt(await token.get());
    }
  }

  private async sendWith<T>(token: string | undefined, request: Request): Promise<Answer<T>> {
    const answer = await this.request(token, request);
    const { statusCode: status, headers } = answer;
    const text = await this.textOf(answer, request);
    if (status === 304 || status === 204) return { body: undefined as T, headers };
    if (status >= 300) throw this.failure(answer, text, request);
    return { body: parsed(status, text) as T, headers };
  }

  private async open(token: string | undefined, request: Request): Promise<StreamedAnswer> {
    const answer = await this.request(token, request);
    if (answer.statusCode >= 300) throw this.failure(answer, await this.textOf(answer, request), request);
    return { body: answer.body, headers: answer.headers };
  }

  private async request(
    token: string | undefined,
    { method, path, headers = {}, body, signal }: Request,
  ): Promise<PoolAnswer> {
    const { agentId, purpose } = this.options;
    if (agentId !== undefined) headers['agent-id'] = agentId;
    if (purpose !== undefined) headers['access-purpose'] ??= purpose;
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const json = body === undefined ? null : JSON.stringify(body);
    try {
      return await this.pool.request({ method, path: this.base + path, headers, body: json, signal });
    } catch (cause) {
      if (codeOf(cause) === 'UND_ERR_INVALID_ARG') throw invalid(messageOf(cause), { cause });
      throw this.unreachable(cause, { headers, signal });
    }
  }

  private async textOf({ body }: PoolAnswer, request: Request): Promise<string> {
    try {
      return await body.text();
    } catch (cause) {
      throw this.unreachable(cause, request);
    }
  }

  private unreachable(cause: unknown, { headers, signal }: Pick<Request, 'headers' | 'signal'>): Error {
    signal?.throwIfAborted();
    const problem = isClosed(cause) ? clientClosed : unreachable(this.options.url, cause);
    return new Unavailable(problem, { key: keyOf({ headers }), cause });
  }

  private failure({ statusCode, headers }: PoolAnswer, text: string, request: Request): Error {
    return toError(problemOf(statusCode, text, headers['retry-after']), keyOf(request));
  }
}

type PoolAnswer = Awaited<ReturnType<Pool['request']>>;

function keyOf({ headers }: Pick<Request, 'headers'>): string | undefined {
  return headers?.['idempotency-key'];
}

/** The code of an error of undici. */
function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}

function isClosed(cause: unknown): boolean {
  const code = codeOf(cause);
  return code === 'UND_ERR_CLOSED' || code === 'UND_ERR_DESTROYED';
}

function isUnauthenticated(error: unknown): boolean {
  return error instanceof TurnstreamError && error.status === 401;
}

function parsed(status: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TurnstreamError(unexpected(status, text));
  }
}

/** The problem in an answer; for any other answer, such as that of a proxy, a problem that quotes it. */
function problemOf(status: number, text: string, retryAfter: string | string[] | undefined): Problem {
  const seconds = secondsOf(retryAfter);
  const wait = seconds === undefined ? {} : { retry_after_s: seconds };
  try {
    const body = JSON.parse(text) as Partial<Problem>;
    if (typeof body.type === 'string' && typeof body.title === 'string')
      return { ...body, ...wait, type: body.type, title: body.title, status };
  } catch {
    // Not JSON: reported below.
  }
  return { ...unexpected(status, text), ...wait };
}

/** The seconds of a Retry-After, which may also be a date; undefined: it is absent or invalid. */
function secondsOf(retryAfter: string | string[] | undefined): number | undefined {
  if (typeof retryAfter !== 'string') return undefined;
  const seconds = /^\d+$/.test(retryAfter)
    ? Number(retryAfter)
    : Math.ceil((Date.parse(retryAfter) - Date.now()) / 1_000);
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

function unexpected(status: number, text: string): Problem {
  const detail = `The answer (${status}) is not from Turnstream: ${text.slice(0, 200)}`;
  return {
    type: 'https://turnstream.dev/problems/unexpected_answer',
    title: 'Unexpected answer',
    status,
    detail,
  };
}
