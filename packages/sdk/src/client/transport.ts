import { Pool } from 'undici';
import { toError, TurnstreamError, Unavailable, unreachable } from './errors.ts';
import { retry } from './retry.ts';
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
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From `/v1` on, encoded. */
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: object | undefined;
  readonly signal?: AbortSignal | undefined;
}

type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface Answer<T> {
  readonly body: T;
  readonly headers: AnswerHeaders;
}

/** The body of an answer as it arrives: read it to its end, or destroy it. */
export interface OpenAnswer {
  readonly body: AsyncIterable<Uint8Array> & { destroy(): unknown };
  readonly headers: AnswerHeaders;
}

/** Sends the requests of sessions: one node, or several with failover. */
export type Sender = Pick<Transport, 'send'>;

/**
 * Sends requests over pooled connections and retries them: reads, and commands, which all carry a key.
 * undici's Pool takes a fifth of the CPU time of the global fetch.
 */
export class Transport {
  private readonly pool: Pool;
  private readonly base: string;

  constructor(private readonly options: TransportOptions) {
    const { origin, pathname } = new URL(options.url);
    const { timeoutMs, connections } = options;
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
    return this.attempt(request, async (answer) => {
      const { statusCode: status, headers } = answer;
      const text = await answer.body.text();
      if (status === 304) return { body: undefined as T, headers };
      return { body: parsed(status, text) as T, headers };
    });
  }

  /**
   * The answer with its body unread, once its status is a success.
   * @param idleMs longest wait for the next bytes, in milliseconds
   */
  open(request: Request, idleMs: number): Promise<OpenAnswer> {
    return this.attempt(request, unread, idleMs);
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  private attempt<T>(request: Request, read: Reader<T>, idleMs?: number): Promise<T> {
    const { signal } = request;
    return retry(() => this.sendOnce(request, read, idleMs), { forMs: this.options.retryForMs, signal });
  }

  /** A token that is refused may have expired: another one is tried, once. */
  private async sendOnce<T>(request: Request, read: Reader<T>, idleMs: number | undefined): Promise<T> {
    const { token } = this.options;
    const first = token.get();
    try {
      return await this.sendWith(await first, request, read, idleMs);
    } catch (error) {
      if (!isUnauthenticated(error) || !token.refresh(first)) throw error;
      return this.sendWith(await token.get(), request, read, idleMs);
    }
  }

  private async sendWith<T>(
    token: string | undefined,
    { method, path, headers = {}, body, signal }: Request,
    read: Reader<T>,
    idleMs = this.options.timeoutMs,
  ): Promise<T> {
    const { agentId, purpose } = this.options;
    if (agentId !== undefined) headers['agent-id'] = agentId;
    if (purpose !== undefined) headers['access-purpose'] = purpose;
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const json = body === undefined ? null : JSON.stringify(body);
    const key = headers['idempotency-key'];
    try {
      const options = { method, path: this.base + path, headers, body: json, signal, bodyTimeout: idleMs };
      const answer = await this.pool.request(options);
      const { statusCode: status } = answer;
      if (status < 300 || status === 304) return await read(answer);
      throw toError(problemOf(status, await answer.body.text(), answer.headers['retry-after']), key);
    } catch (cause) {
      if (cause instanceof TurnstreamError) throw cause;
      signal?.throwIfAborted();
      throw new Unavailable(unreachable(this.options.url, cause), { key, cause });
    }
  }
}

type PoolAnswer = Awaited<ReturnType<Pool['request']>>;
type Reader<T> = (answer: PoolAnswer) => Promise<T>;

async function unread({ body, headers }: PoolAnswer): Promise<OpenAnswer> {
  return { body, headers };
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

/** The problem in an answer; for anything else, as the answer of a proxy, a problem that quotes it. */
function problemOf(status: number, text: string, retryAfter: string | string[] | undefined): Problem {
  const seconds = secondsOf(retryAfter);
  const wait = seconds === undefined ? {} : { retry_after_s: seconds };
  try {
    const body = JSON.parse(text) as Partial<Problem>;
    if (typeof body.type === 'string' && typeof body.title === 'string')
      return { ...body, ...wait, type: body.type, title: body.title, status };
  } catch {
    // Not JSON: see below.
  }
  return { ...unexpected(status, text), ...wait };
}

/** The seconds of a Retry-After, which may also be a date; undefined: it is neither, or there is none. */
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
